//! What the interface file says of instructions and kinds of accounts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

/// An account slot of an instruction.
pub struct Slot {
    pub name: String,
    pub signer: bool,
    pub writable: bool,
    pub optional: bool,
}

pub struct Idl {
    /// Slots of every instruction, and its discriminator.
    pub instructions: BTreeMap<String, ([u8; 8], Vec<Slot>)>,
    /// Discriminators of the kinds of accounts.
    pub kinds: BTreeMap<String, [u8; 8]>,
}

fn discriminator(of: &Value) -> [u8; 8] {
    let bytes = of["discriminator"].as_array().expect("a discriminator");
    let byte = |b: &Value| u8::try_from(b.as_u64().expect("a number")).expect("a byte");
    let bytes: Vec<u8> = bytes.iter().map(byte).collect();
    bytes.try_into().expect("eight bytes")
}

fn name(of: &Value) -> String {
    of["name"].as_str().expect("a name").to_owned()
}

fn list(of: &Value) -> impl Iterator<Item = &Value> {
    of.as_array().expect("a list").iter()
}

/// idl/bulwark.json, read once.
pub fn read() -> &'static Idl {
    static IDL: OnceLock<Idl> = OnceLock::new();
    IDL.get_or_init(parse)
}

fn parse() -> Idl {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../idl/bulwark.json");
    let text = std::fs::read_to_string(path).expect("idl/bulwark.json is there");
    let idl: Value = serde_json::from_str(&text).expect("it is JSON");
    let slot = |slot: &Value| Slot {
        name: name(slot),
        signer: slot["signer"] == true,
        writable: slot["writable"] == true,
        optional: slot["optional"] == true,
    };
    let instruction = |of: &Value| {
        let slots = list(&of["accounts"]).map(slot).collect();
        (name(of), (discriminator(of), slots))
    };
    Idl {
        instructions: list(&idl["instructions"]).map(instruction).collect(),
        kinds: list(&idl["accounts"])
            .map(|kind| (name(kind), discriminator(kind)))
            .collect(),
    }
}
