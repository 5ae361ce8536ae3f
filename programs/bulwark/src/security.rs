//! Whom to tell about a hole, in the ELF itself: the fields of the security.txt format that
//! explorers and `query-security-txt` read between its two marks.

/// Joins the fields: name, zero byte, value, zero byte, and the marks around them.
macro_rules! security_txt {
    ($($name:literal: $value:literal,)+) => {
        concat!(
            "=======BEGIN SECURITY.TXT V1=======\0",
            $($name, "\0", $value, "\0",)+
            "=======END SECURITY.TXT V1=======\0"
        )
    };
}

/// The fields. What they promise stands in SECURITY.md. Who deploys a fork puts his own here.
pub const TEXT: &str = security_txt! {
    "name": "Bulwark",
    "project_url": "see SECURITY.md in the source of this program",
    "contacts": "other:the repository's form Security -> Report a vulnerability",
    "policy": "SECURITY.md: 90 days, or until a fix is deployed; never on a deployment with money",
    "preferred_languages": "en",
    "auditors": "None",
};

const LENGTH: usize = TEXT.len();

const fn bytes() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let mut at = 0;
    while at < LENGTH {
        bytes[at] = TEXT.as_bytes()[at];
        at += 1;
    }
    bytes
}

/// What the tools search the file for. Solana's linker keeps a section of its own for it; that of
/// the upstream compiler knows none and drops what nothing refers to: [`keep`] refers to it.
#[used]
#[cfg_attr(
    all(target_os = "solana", not(target_arch = "bpf")),
    unsafe(link_section = ".security.txt")
)]
pub static SECURITY_TXT: [u8; LENGTH] = bytes();

/// Keeps the text in the file. Called where an instruction is refused: it costs nobody units.
#[inline]
pub fn keep() {
    std::hint::black_box(&SECURITY_TXT);
}
