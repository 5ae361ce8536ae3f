//! What may happen, what the others do, and the rules that mutants break.

use bulwark_core::mode::Mode;

/// A rule that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// Execution asks the clock alone.
    NoSlots,
    /// Execution asks the slots alone.
    NoClock,
    /// The delay is read when executing, not fixed at quorum.
    LiveDelay,
    /// A successor takes over the membership number, and with it the approvals.
    SameMembership,
    /// One objection cancels.
    LoneVeto,
    /// What was executed stays queued.
    Again,
    /// A waiting change quickens nothing.
    SlowExit,
    /// An objection restarts the delay.
    Postpone,
    /// A Relax waits for nothing.
    RelaxAtOnce,
    /// Nothing waits for anything.
    NoDelay,
    /// What is carried out is not what was approved.
    Rewritten,
    /// A member's powers never sleep.
    NeverSilent,
    /// A successor takes a key that is a member's already.
    Twice,
    /// Voices against are not counted.
    DeafToObjections,
    /// The quorum of new delays is enough, their own delay apart.
    Backdoor,
    /// Delays may be set to an hour.
    NoFloor,
    /// Everybody's approval is noted with the proposer's.
    Forged,
    /// What is open never expires.
    Immortal,
    /// What has its quorum never expires.
    Undying,
    /// What has its quorum is never due before it expires.
    Stuck,
    /// An incident upgrade reaches its quorum in any mode.
    AnyMode,
    /// Powers return with the heartbeat.
    WakesAtOnce,
}

/// What members do who are neither stolen nor silent: they object to whatever is queued, at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rest {
    /// There are none.
    #[default]
    Silent,
    /// The member of the last seat.
    One,
    /// He and the veto seat.
    OneAndVeto,
}

/// What may happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// The first seat proposes the plan's action of this index.
    Propose(usize),
    /// The next seat approves the proposal of this index.
    Approve(usize),
    /// The next seat objects.
    Object(usize),
    /// The veto seat objects.
    Veto(usize),
    /// The next of those who slept sends a heartbeat.
    Wake,
    /// The next of those who slept approves, whether his powers are back or not.
    Late(usize),
    /// The last of those who slept objects.
    LateObject(usize),
    /// The mode becomes this one, by whatever act.
    Mode(Mode),
    /// Anyone executes.
    Execute(usize),
    /// Anyone closes what expired.
    Expire(usize),
    /// Both clocks reach a moment.
    Until(i64),
    /// The clock alone jumps.
    Clock(i64),
    /// Slots alone run.
    Slots(u64),
}
