//! Draws a report again: `draw NAME.json DIR` writes the data, the page and the picture of a report
//! that `bulwark replay --report` has left, as NAME of each kind.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(data), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("draw NAME.json DIR".into());
    };
    let text = fs::read_to_string(&data)?;
    let report = serde_json::from_str(&text)?;
    let name = data.file_stem().ok_or("the data has no name")?;
    fs::create_dir_all(&folder)?;
    let file = |kind: &str| folder.join(name).with_extension(kind);
    fs::write(file("json"), &text)?;
    fs::write(file("html"), bulwark_report::render(&report))?;
    fs::write(file("svg"), bulwark_report::picture(&report))?;
    Ok(())
}
