//! What must hold in every state of the modes.

use std::cell::RefCell;

use bulwark_core::gate::Cell;
use bulwark_core::health::Stage;
use bulwark_core::mode::{Grace, Mode, any_broken, observe, relax, revoked};
use bulwark_core::outflow::{DAY, Flow, rates};
use bulwark_core::permits::{Action, BankStatus, Context, MarketStatus, Permit, permits};
use bulwark_core::recovery::{
    Cause, DEAD_MAN, DEAD_MAN_NOTICE, Evidence, NOTICE, announce, may_freeze,
};
use bulwark_core::targets::FACTOR_MAX;
use bulwark_state::{Bank, Board, Budget, Recovery};
use bytemuck::Zeroable;
use stateright::Property;

use super::{Last, Move, Mutant, Pauses, SLOTS, Scene};

impl Pauses {
    /// The production table, and what a mutant makes of it.
    fn permit(&self, action: Action, context: &Context) -> Option<Permit> {
        let mode = context.mode;
        let closed = match self.mutant {
            Some(Mutant::ClosedExit) => action == Action::PlainExit && mode == Mode::Paused,
            Some(Mutant::RevokedExit) => action == Action::PlainExit && context.revoked != 0,
            Some(Mutant::RestrictedShields) => {
                action == Action::TakeOver && mode == Mode::Restricted
            }
            _ => false,
        };
        let opened = self.mutant == Some(Mutant::PausedTrades)
            && action == Action::OpenInterestUp
            && mode == Mode::Paused;
        let asked = if opened { Mode::Normal } else { mode };
        let context = Context {
            mode: asked,
            ..*context
        };
        permits(action, &context).ok().filter(|_| !closed)
    }
}

/// What permission depends on now: of a healthy account, an open market, a sound price.
fn context(scene: &Scene) -> Context {
    let now = Context::new(&scene.protocol.0, &scene.compartment.0, scene.now());
    Context {
        market: Some(MarketStatus::Open),
        bank: Some(BankStatus::Active),
        gate: Some(Cell::Yes),
        stage: Some(Stage::Healthy),
        ..now.expect("a phase of the table")
    }
}

/// 1: leaving, repaying, topping up and cancelling are open, at a quarter of the rate at worst.
fn exit_always_open(model: &Pauses, scene: &Scene) -> bool {
    let context = context(scene);
    let open = [
        Action::PlainExit,
        Action::ServeTicket,
        Action::CrankTickets,
        Action::Repay,
        Action::TopUp,
        Action::TopUpQuote,
        Action::Cancel,
        Action::CloseAccount,
    ];
    open.into_iter().all(|action| {
        let permit = model.permit(action, &context);
        permit.is_some_and(|p| p.rate_divisor <= 4)
    })
}

/// INV-EXIT: the plain exit with every oracle dead, every market halted, every bank closing, every
/// capability gone that guardians revoked, and at the compiled minimum a fortieth a day leaves.
fn inv_exit(model: &Pauses, scene: &Scene) -> bool {
    const BASE: u64 = 1_000_000_000;
    let dead = Context {
        market: Some(MarketStatus::Halted),
        bank: Some(BankStatus::Closing),
        gate: Some(Cell::No),
        stage: None,
        ..context(scene)
    };
    // Caps that a parameter set to nothing.
    let bank = Bank::zeroed();
    let flow = Flow::new(dead.mode, &scene.protocol.0, scene.now());
    let leaves = rates(&bank, &flow, BASE).is_ok_and(|rates| {
        let (rate, _) = rates.smallest();
        rate.refill * DAY / rate.period >= BASE / 40
    });
    leaves && model.permit(Action::PlainExit, &dead).is_some()
}

/// INV-MONO: what is permitted while Paused is permitted while Restricted, and that in Normal.
fn inv_mono(model: &Pauses, scene: &Scene) -> bool {
    let now = context(scene);
    [Stage::Healthy, Stage::Liquidatable].iter().all(|stage| {
        Action::ALL.iter().all(|action| {
            let at = |mode| {
                let context = Context {
                    mode,
                    stage: Some(*stage),
                    ..now
                };
                model.permit(*action, &context)
            };
            let within = |stricter, looser| match (at(stricter), at(looser)) {
                (None, _) => true,
                (Some(permit), wider) => wider.is_some_and(|w| permit.within(&w)),
            };
            within(Mode::Paused, Mode::Restricted) && within(Mode::Restricted, Mode::Normal)
        })
    })
}

/// 2: time lowers the mode; a Relax or a sound check lowers it too, but not from Paused; no other
/// act lowers it or brings an end forward.
fn asymmetry(_: &Pauses, scene: &Scene) -> bool {
    let (mode, last) = scene.before;
    match last {
        Last::Time => true,
        Last::Loosened => mode < Mode::Paused as u8 || scene.mode() == Mode::Paused,
        Last::Tightened | Last::Tripped(..) => {
            let (restricted, paused) = scene.ends();
            let later = restricted >= scene.ends.0 && paused >= scene.ends.1;
            scene.mode() as u8 >= mode && later
        }
    }
}

/// 11: a check that finds something raises the mode in its own step, and finding it again changes
/// nothing.
fn autonomous_trip(_: &Pauses, scene: &Scene) -> bool {
    let Last::Tripped(item, finding) = scene.before.1 else {
        return true;
    };
    let mut compartment = scene.compartment.0;
    let again = observe(&mut compartment, item, finding, scene.now());
    scene.mode() >= Mode::Restricted && again.is_ok_and(|o| !o.changed)
}

/// 12: while value is missing or a market is broken the mode never falls to Normal.
fn no_false_release(_: &Pauses, scene: &Scene) -> bool {
    let broken = scene.missing || any_broken(&scene.compartment.0.broken);
    !broken || scene.mode() >= Mode::Restricted
}

/// 13: who is liquidatable is taken over in Normal and Restricted, below the critical level in
/// every mode; grace follows a pause that was charged to a budget, a quarter of an hour at most,
/// and raises nobody's risk.
fn liquidation_stays_live(model: &Pauses, scene: &Scene) -> bool {
    let low = Context {
        stage: Some(Stage::Liquidatable),
        ..context(scene)
    };
    let critical = Context {
        critical: true,
        ..low
    };
    let compartment = &scene.compartment.0;
    let now = scene.now();
    let grace = Grace::of(compartment);
    let ended = |budget: &Budget| budget.spans.iter().any(|s| s.until == grace.from);
    let charged = ended(&compartment.guardian_budget) || ended(&compartment.automation_budget);
    let short = now.unix - grace.from < 900;
    (low.mode == Mode::Paused || model.permit(Action::TakeOver, &low).is_some())
        && model.permit(Action::TakeOver, &critical).is_some()
        && model.permit(Action::OpenInterestUp, &low).is_none()
        && (!grace.runs(FACTOR_MAX, now) || charged && short)
}

/// 14: 96 h of guardians' pauses and 72 h of automation's in any 30 days, whatever was asked, cut
/// off by expiry alone.
fn pause_budget(_: &Pauses, scene: &Scene) -> bool {
    scene.paused_hours() <= 96 + 72
}

/// Nobody's act but time ends Paused.
fn paused_ends_by_expiry(_: &Pauses, scene: &Scene) -> bool {
    let (mode, last) = scene.before;
    mode < Mode::Paused as u8 || last == Last::Time || scene.mode() == Mode::Paused
}

fn unused(budget: &Budget) -> bool {
    budget.spans.iter().all(|s| s.until == 0)
}

/// Guardians alone can't keep users paused for longer than their own budget.
fn guardians_alone(_: &Pauses, scene: &Scene) -> bool {
    !unused(&scene.compartment.0.automation_budget) || scene.paused_hours() <= 96
}

/// Nor can alarms, however often value is missing.
fn automation_alone(_: &Pauses, scene: &Scene) -> bool {
    !unused(&scene.compartment.0.guardian_budget) || scene.paused_hours() <= 72
}

thread_local! {
    static PLACE: RefCell<(Box<Board>, Box<Recovery>)> =
        RefCell::new((Box::new(Zeroable::zeroed()), Box::new(Zeroable::zeroed())));
}

/// 20: without any guardian, what is sound is back in Normal after three days at most, and what
/// isn't settles: missing value is announced within 26 h and frozen a day later, any other bit
/// after a fortnight and a week. With four fifths of them a Relax leaves nothing but Paused.
fn liveness(model: &Pauses, scene: &Scene) -> bool {
    let mut later = scene.clone();
    if scene.missing {
        for hours in [0, 1, 25] {
            later.skip(hours, model.mutant);
            later.act(Move::Missing, model.mutant);
        }
        return settles(&mut later, Cause::Missing, NOTICE, model.mutant);
    }
    if any_broken(&scene.compartment.0.broken) {
        later.skip(DEAD_MAN / 3_600, model.mutant);
        return settles(&mut later, Cause::DeadMan, DEAD_MAN_NOTICE, model.mutant);
    }
    later.skip(73, model.mutant);
    let free = later.mode() == Mode::Normal && revoked(&later.compartment.0, later.now()) == 0;
    let mut lifted = scene.clone();
    let mode = &mut lifted.compartment.0.mode;
    relax(mode, mode.sequence);
    free && lifted.mode() != Mode::Restricted
}

/// Anyone may announce Recovery for the time above Normal exactly when alarms, not guardians, have
/// lasted a fortnight without a break or twenty of the last thirty days: each hour counts as an
/// hour, whatever was done about it, once. Where one of them lies in the day in which the window
/// begins half a day may be missing; where the clocks run apart, more, never less.
fn dead_man(_: &Pauses, scene: &Scene) -> bool {
    const LONG: i64 = 14 * 24;
    const MANY: i64 = 20 * 24;
    let (now, from) = (scene.hour, scene.hour - 30 * 24);
    let within = |(a, b): &(i64, i64)| (b - (*a).max(from)).max(0);
    let hours: i64 = scene.alarmed.iter().map(within).sum();
    let last = scene.alarmed.last().filter(|(_, to)| *to == now);
    let long = last.is_some_and(|(from, to)| to - from >= LONG);
    let near = |(a, b): &(i64, i64)| *a < from + 24 && from - 24 < *b;
    let cut = scene.alarmed.iter().any(near);
    let spare = if cut { 12 } else { 0 };
    let may = PLACE.with_borrow_mut(|(board, recovery)| {
        let quote = Bank::zeroed();
        let evidence = Evidence {
            quote: &quote,
            insurance: 0,
            staked: 0,
        };
        let mut compartment = scene.compartment.0;
        let cause = (Cause::DeadMan, &evidence);
        announce(board, &mut compartment, recovery, cause, scene.now()).is_ok()
    });
    let due = scene.alarm() && (long || hours >= MANY + spare);
    (!may || long || hours >= MANY) && (!due || may || !scene.in_step())
}

/// Whether a stranger announces Recovery now, and freezes when its notice is over.
fn settles(scene: &mut Scene, cause: Cause, notice: u64, mutant: Option<Mutant>) -> bool {
    PLACE.with_borrow_mut(|(board, recovery)| {
        let quote = Bank::zeroed();
        let evidence = Evidence {
            quote: &quote,
            insurance: 0,
            staked: 0,
        };
        let now = scene.now();
        let compartment = &mut scene.compartment.0;
        if announce(board, compartment, recovery, (cause, &evidence), now).is_err() {
            return false;
        }
        scene.skip(notice / 3_600, mutant);
        may_freeze(&scene.compartment.0, recovery, &evidence, scene.now()).is_ok()
    })
}

impl Scene {
    /// Hours in which nobody acts, not counted against anyone.
    fn skip(&mut self, hours: u64, mutant: Option<Mutant>) {
        self.hour += hours.cast_signed();
        self.slot += hours * SLOTS;
        if mutant == Some(Mutant::StuckClock) {
            self.compartment.0.mode.above_normal_at = self.now().unix;
        }
    }
}

/// All properties of the modes.
pub fn all() -> Vec<Property<Pauses>> {
    vec![
        Property::always("exit_always_open", exit_always_open),
        Property::always("inv_exit", inv_exit),
        Property::always("inv_mono", inv_mono),
        Property::always("asymmetry", asymmetry),
        Property::always("autonomous_trip", autonomous_trip),
        Property::always("no_false_release", no_false_release),
        Property::always("liquidation_stays_live", liquidation_stays_live),
        Property::always("pause_budget", pause_budget),
        Property::always("paused_ends_by_expiry", paused_ends_by_expiry),
        Property::always("guardians_alone", guardians_alone),
        Property::always("automation_alone", automation_alone),
        Property::always("liveness", liveness),
        Property::always("dead_man", dead_man),
    ]
}
