//! What may stand in a slot besides what the sample has there, and why that hurts nobody.
//!
//! A line: instruction, slot (as in the interface file, `rest` for accounts after the named ones),
//! kinds, reason. `*` is any. Kinds are those of the interface file (`BankState`), and: `token
//! account`, `mint`, `program`, `program data`, `sysvar`, `authority`, `oracle`, `wallet` (of
//! somebody who doesn't sign), `thief` (who signs), `forged` (right bytes, wrong owner), `garbage`
//! (right owner and discriminator), `unsigned`, `read-only`. A line under which nothing falls is an
//! error, so the list says what the program does and no more.

pub struct Rule {
    pub instruction: &'static str,
    pub slot: &'static str,
    pub kinds: &'static [&'static str],
    /// Why it hurts nobody.
    pub reason: &'static str,
}

const fn rule(
    instruction: &'static str,
    slot: &'static str,
    kinds: &'static [&'static str],
    reason: &'static str,
) -> Rule {
    Rule {
        instruction,
        slot,
        kinds,
        reason,
    }
}

/// Number of the rule that something falls under.
pub fn find(instruction: &str, slot: &str, kind: &str) -> Option<usize> {
    LEGAL.iter().position(|rule| {
        let is = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        is(rule.instruction, instruction)
            && is(rule.slot, slot)
            && rule.kinds.iter().any(|pattern| is(pattern, kind))
    })
}

const ANY: &[&str] = &["*"];
const BANK: &[&str] = &["BankState"];
const BOARD: &[&str] = &["BoardState"];
const GARBAGE: &[&str] = &["garbage"];
const ITEMS: &[&str] = &["MarketState", "MarginState"];
const MARGIN: &[&str] = &["MarginState"];
const MARKET: &[&str] = &["MarketState"];
const NONE: &[&str] = &["program"];
const PROPOSAL: &[&str] = &["ProposalState"];
const THIEF: &[&str] = &["thief"];
const TOKEN: &[&str] = &["token account"];
const WALLET: &[&str] = &["wallet", "thief", "authority"];

pub const LEGAL: &[Rule] = &[
    rule("*", "caller", THIEF, "anybody may call it"),
    rule("*", "cranker", THIEF, "anybody may call it"),
    rule(
        "announce_recovery",
        "guardian",
        &["GuardianState"],
        "not looked at where anybody announces",
    ),
    rule(
        "announce_recovery",
        "proposal",
        PROPOSAL,
        "not looked at where anybody announces",
    ),
    rule("mark_accounts", "rest", MARGIN, "anybody's is marked"),
    rule(
        "mark_accounts",
        "quote_bank",
        NONE,
        "left out: no reward is paid",
    ),
    rule(
        "mark_accounts",
        "quote_vault",
        NONE,
        "left out: no reward is paid",
    ),
    rule(
        "mark_accounts",
        "vault_authority",
        NONE,
        "left out: no reward is paid",
    ),
    rule(
        "mark_accounts",
        "quote_mint",
        NONE,
        "left out: no reward is paid",
    ),
    rule(
        "mark_accounts",
        "reward_to",
        NONE,
        "left out: no reward is paid",
    ),
    rule(
        "mark_accounts",
        "token_program",
        NONE,
        "left out: no reward is paid",
    ),
    rule(
        "mark_accounts",
        "reward_to",
        TOKEN,
        "the marker names whom his reward is paid to",
    ),
    rule(
        "health_view",
        "margin",
        MARGIN,
        "anybody may look at any account of the compartment",
    ),
    rule(
        "margin_notice",
        "margin",
        MARGIN,
        "anybody may look at any account of the compartment",
    ),
    rule(
        "migrate_account",
        "margin",
        MARGIN,
        "anybody may migrate any account",
    ),
    rule(
        "cancel_batch",
        "margin",
        MARGIN,
        "the signer's second account, which has no such order",
    ),
    rule(
        "cancel_orders",
        "margin",
        MARGIN,
        "the signer's second account, which has no order",
    ),
    rule("deposit", "margin", MARGIN, "the signer's second account"),
    rule(
        "note_stage",
        "margin",
        MARGIN,
        "anyone notes any account of the compartment",
    ),
    rule(
        "prove_stress",
        "rest",
        MARGIN,
        "anyone proves the stress of any account of the compartment",
    ),
    rule(
        "set_delegate",
        "margin",
        MARGIN,
        "the signer's second account",
    ),
    rule(
        "prune_orders",
        "margin",
        MARGIN,
        "void orders of the book are cleared in passing",
    ),
    rule(
        "fold",
        "rest",
        MARKET,
        "any markets of the compartment, in any order",
    ),
    rule(
        "check",
        "rest",
        ITEMS,
        "any markets, then any items of the compartment, as often as wanted",
    ),
    rule(
        "check",
        "reward_to",
        MARGIN,
        "a reward goes where the caller wants it",
    ),
    rule(
        "check",
        "reward_to",
        NONE,
        "a reward goes where the caller wants it, or nowhere",
    ),
    rule(
        "refresh",
        "rest",
        MARKET,
        "copies of any markets of the compartment are renewed",
    ),
    rule(
        "create_board",
        "board",
        GARBAGE,
        "another zeroed account is what the slot asks for",
    ),
    rule(
        "create_market",
        "book",
        GARBAGE,
        "another zeroed account is what the slot asks for",
    ),
    rule(
        "create_guardian",
        "rest",
        WALLET,
        "whom the creator names is his business",
    ),
    rule(
        "execute_proposal",
        "rest",
        &["read-only"],
        "the compartment of an item that is tightened is only read",
    ),
    rule(
        "expire_proposal",
        "proposal",
        PROPOSAL,
        "another proposal that has expired too",
    ),
    rule(
        "object_to_proposal",
        "proposal",
        PROPOSAL,
        "the member may object to another one",
    ),
    rule(
        "convert",
        "quote_mint",
        ANY,
        "not read while nothing is paid in tokens",
    ),
    rule(
        "convert",
        "token_program",
        ANY,
        "not read while nothing is paid in tokens",
    ),
    rule(
        "convert",
        "payment",
        ANY,
        "not read while nothing is paid in tokens",
    ),
    rule(
        "seize",
        "quote_mint",
        ANY,
        "not read while nothing is paid in tokens",
    ),
    rule(
        "seize",
        "token_program",
        ANY,
        "not read while nothing is paid in tokens",
    ),
    rule(
        "seize",
        "payment",
        ANY,
        "not read while nothing is paid in tokens",
    ),
    rule(
        "wind_up",
        "quote_mint",
        ANY,
        "not read while nothing is paid in tokens",
    ),
    rule(
        "wind_up",
        "token_program",
        ANY,
        "not read while nothing is paid in tokens",
    ),
    rule(
        "wind_up",
        "payment",
        ANY,
        "not read while nothing is paid in tokens",
    ),
    rule(
        "withdraw",
        "board",
        BOARD,
        "a plain exit doesn't look at it",
    ),
    rule(
        "withdraw",
        "quote_bank",
        BANK,
        "a plain exit doesn't look at it",
    ),
    rule(
        "withdraw",
        "quote_vault",
        ANY,
        "a plain exit doesn't look at it",
    ),
    rule(
        "withdraw",
        "ticket",
        ANY,
        "not used where nothing is queued",
    ),
    rule(
        "withdraw",
        "system_program",
        NONE,
        "not used where nothing is queued",
    ),
    rule(
        "withdraw",
        "mint",
        ANY,
        "no token moves where everything is queued",
    ),
    rule(
        "withdraw",
        "destination",
        TOKEN,
        "the owner's; no token moves where all is queued",
    ),
    rule(
        "announce_settlement",
        "market",
        MARKET,
        "the feeds of all are dead; the creator may settle any of his",
    ),
    rule(
        "settle_position",
        "margin",
        MARGIN,
        "anybody closes anybody's position in a settled market",
    ),
    rule(
        "close_bank",
        "bank",
        BANK,
        "the creator may close any bank of the compartment but quote",
    ),
    rule(
        "recapitalise",
        "insurance",
        &["InsuranceState"],
        "a token's late money passes it by",
    ),
    rule(
        "sweep",
        "insurance",
        &["InsuranceState"],
        "a token's late money passes it by",
    ),
];
