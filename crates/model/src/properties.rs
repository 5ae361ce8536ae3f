//! What each property says, in the order of the page that is written from it.

/// Name and sentence.
pub const PROPERTIES: &[(&str, &str)] = &[
    (
        "exit_always_open",
        "the plain exit, tickets, repayment, top-up and cancelling are open in every state, at a \
         quarter of the rate at worst",
    ),
    (
        "asymmetry",
        "what loosens has four fifths and 48 h; what tightens has no more than a majority and \
         waits for nothing; no act but a Relax or a sound check brings an end forward",
    ),
    (
        "delay_monotonicity",
        "nothing is executed before the delay that held at its quorum is over in both clocks, \
         whatever became of delays meanwhile",
    ),
    (
        "membership_epoch",
        "nothing is executed without a quorum of approvals whose givers have been members without \
         break",
    ),
    (
        "once_only",
        "a proposal is executed at most once, as it was proposed, under a number of its own",
    ),
    (
        "quorum_soundness",
        "members are distinct and never fewer; sleeping ones don't count; what a blocking minority \
         objects to isn't executed",
    ),
    (
        "autonomous_trip",
        "a check that finds something raises the mode in its own step, and finding it again \
         changes nothing",
    ),
    (
        "no_false_release",
        "while a bit stands the mode never falls to Normal",
    ),
    (
        "liquidation_stays_live",
        "the liquidatable are taken over in Normal and Restricted, below the critical level \
         always; grace follows a charged pause, a quarter of an hour at most",
    ),
    (
        "pause_budget",
        "users live through at most 96 h of guardians' and 72 h of automation's pauses in any 30 \
         days",
    ),
    ("guardians_alone", "without alarms at most 96 h of them"),
    ("automation_alone", "without guardians at most 72 h of them"),
    (
        "paused_ends_by_expiry",
        "nobody's act ends Paused, only time",
    ),
    (
        "parameter_box",
        "every parameter stays in its bounds and moves by one step at most; coupled ones change \
         together or not at all",
    ),
    (
        "self_governance",
        "members, delays and the veto seat change by decisions that waited a week, and delays \
         stand on their floors",
    ),
    (
        "liveness",
        "without any guardian the sound are back in Normal after 73 h; missing value settles \
         within 50 h, any other bit within three weeks",
    ),
    (
        "dead_man",
        "Recovery by silence is announced exactly when alarms, not guardians, have lasted a \
         fortnight without a break or twenty days of thirty: an hour counts as an hour, and \
         nobody resets it",
    ),
    (
        "incident_in_paused",
        "an incident upgrade has its quorum only while Paused, whatever the mode was before and \
         becomes afterwards",
    ),
    (
        "nothing_waits_for_ever",
        "what has its quorum is executed once its delay is over, by anyone, and what nobody \
         executes ends a week later, what finds no quorum a week after it was opened",
    ),
    (
        "delay_means_exit",
        "while a change waits, everyone can be out a day before it can land",
    ),
    (
        "inv_ttl",
        "no claim falls within 48 h of a theft of keys, nor below the relax quorum within 30 d",
    ),
    (
        "inv_novoid",
        "one voice cancels nothing and moves no end, but for the objection that lengthens an \
         incident upgrade",
    ),
    (
        "inv_exit",
        "the plain exit is open with dead oracles, halted markets, closing banks and every \
         capability revoked; at the compiled minimum 2.5 % of a bank leave in a day",
    ),
    (
        "inv_mono",
        "what is permitted while Paused is permitted while Restricted, and that in Normal",
    ),
];
