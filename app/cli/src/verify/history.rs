//! Lines of a history.

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bulwark_rebuild::Raw;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A transaction of a history.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Slot, if the line says it.
    pub slot: Option<u64>,
    /// First signature.
    pub signature: String,
    /// Its events, in order.
    pub events: Vec<Raw>,
}

/// The short form of a line.
#[derive(Serialize, Deserialize)]
struct Short {
    slot: u64,
    signature: String,
    /// Data of the self-calls, base64.
    events: Vec<String>,
}

/// A line of the short form: `events` are the data of the program's self-calls.
#[must_use]
pub fn line(slot: u64, signature: &str, events: &[Vec<u8>]) -> String {
    let short = Short {
        slot,
        signature: signature.into(),
        events: events.iter().map(|data| BASE64.encode(data)).collect(),
    };
    serde_json::to_string(&short).unwrap_or_default()
}

impl Transaction {
    /// Reads a line; `None` for a transaction that failed.
    ///
    /// # Errors
    /// What isn't a transaction in one of the two forms.
    pub fn parse(text: &str) -> Result<Option<Self>> {
        let value: Value = serde_json::from_str(text).context("this line isn't JSON")?;
        if value.get("events").is_some() {
            return Self::short(value).map(Some);
        }
        let value = value.get("result").cloned().unwrap_or(value);
        Self::of_rpc(&value).context("this isn't what getTransaction returns")
    }

    fn short(value: Value) -> Result<Self> {
        let short: Short = serde_json::from_value(value).context("this line has other fields")?;
        let events = short.events.iter().map(|text| {
            let data = BASE64.decode(text).context("an event isn't base64")?;
            Raw::of_call(&data).context("an event lacks the tag of a self-call")
        });
        Ok(Self {
            slot: Some(short.slot),
            events: events.collect::<Result<_>>()?,
            signature: short.signature,
        })
    }

    /// From `getTransaction` with encoding `json`.
    fn of_rpc(value: &Value) -> Result<Option<Self>> {
        let meta = value.get("meta").context("it has no meta")?;
        if meta.get("err").is_some_and(|error| !error.is_null()) {
            return Ok(None);
        }
        let keys = keys(value, meta)?;
        let mut events = Vec::new();
        let inner = meta.get("innerInstructions").and_then(Value::as_array);
        for outer in inner.context("it has no innerInstructions")? {
            let calls = outer.get("instructions").and_then(Value::as_array);
            for call in calls.context("it has no instructions")? {
                events.extend(event(call, &keys)?);
            }
        }
        let signature = value.pointer("/transaction/signatures/0");
        let signature = signature.and_then(Value::as_str).unwrap_or("without one");
        Ok(Some(Self {
            slot: value.get("slot").and_then(Value::as_u64),
            signature: signature.into(),
            events,
        }))
    }
}

/// Account keys: the message's, then the looked-up ones, writable first.
fn keys<'a>(value: &'a Value, meta: &'a Value) -> Result<Vec<&'a str>> {
    let mut keys = Vec::new();
    let listed = value.pointer("/transaction/message/accountKeys");
    ensure!(listed.is_some(), "it has no accountKeys");
    let looked_up =
        ["writable", "readonly"].map(|kind| meta.pointer(&format!("/loadedAddresses/{kind}")));
    for list in [listed].into_iter().chain(looked_up).flatten() {
        for key in list.as_array().context("keys are no list")? {
            let plain = key.as_str().or_else(|| key.get("pubkey")?.as_str());
            keys.push(plain.context("a key is no text")?);
        }
    }
    Ok(keys)
}

/// The event of an inner instruction, if it is one of this program's.
fn event(call: &Value, keys: &[&str]) -> Result<Option<Raw>> {
    let index = call.get("programIdIndex").and_then(Value::as_u64);
    let program = match index.map(usize::try_from) {
        Some(index) => keys.get(index?).copied(),
        None => call.get("programId").and_then(Value::as_str),
    };
    if program != Some(bulwark::ID.to_string().as_str()) {
        return Ok(None);
    }
    let Some(text) = call.get("data").and_then(Value::as_str) else {
        bail!("an instruction has no data");
    };
    let data = bs58::decode(text).into_vec();
    Ok(Raw::of_call(&data.context("data isn't base58")?))
}
