//! Reports that were made up, for tests of the page: `samples DIR` writes `NAME.json` and
//! `NAME.html` of each.

mod story;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    std::fs::create_dir_all(&folder)?;
    for (name, report) in [
        ("crash", story::crash()),
        ("calm", story::calm()),
        ("nothing", story::nothing()),
    ] {
        let text = serde_json::to_string(&report)?;
        std::fs::write(folder.join(name).with_extension("json"), text)?;
        std::fs::write(
            folder.join(name).with_extension("html"),
            bulwark_report::render(&report),
        )?;
        std::fs::write(
            folder.join(name).with_extension("svg"),
            bulwark_report::picture(&report),
        )?;
    }
    Ok(())
}
