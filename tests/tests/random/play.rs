//! A game: people on a small venue, one random act after the other.

mod rescue;
mod stakes;

use std::collections::BTreeMap;

use bulwark::error::BulwarkError;
use bulwark::instructions::{OrderKind, PlaceOrderArgs, Side, Which};
use bulwark_client::{Instruction, Pubkey};
use bulwark_core::book;
use bulwark_core::feed::Reading;
use bulwark_core::health::{self, leg_ratios};
use bulwark_core::order::{Kind, OrderRequest};
use bulwark_core::params::Class;
use bulwark_core::{Result, residual, withdrawal};
use bulwark_svm::launch::Plan;
use bulwark_svm::vm::{instruction, pubkey};
use bulwark_svm::world::{price_e8, standard_plan, usdc};
use bulwark_svm::{Vm, World};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::exchange::{MARKETS, State};
use crate::twin::{self, Waiting};
use crate::{Count, Dice};

/// Transactions of one game.
pub const STEPS: u64 = 400;
/// The last one makes markets and liquidates.
pub const PEOPLE: [&str; 5] = ["ann", "bob", "cleo", "dan", "keeper"];
const KEEPER: usize = 4;
/// What the program refuses where core has no objection: a pruning that finds nothing, and a
/// wind-up without the banks of tickets that wait.
const OWN: [BulwarkError; 2] = [BulwarkError::NoSuchOrder, BulwarkError::TicketsWait];
const UNIT: u64 = 100_000_000;

/// Feeds BTC, SOL, USDC; banks USDC and SOL; markets BTC and SOL: what core's histories have.
fn plan() -> Plan {
    let mut plan = standard_plan();
    plan.feeds.rotate_left(1);
    plan.feeds.swap(0, 1);
    plan.banks.truncate(2);
    plan.markets.swap(0, 1);
    (plan.banks[0].feed, plan.banks[1].feed) = (2, 1);
    (plan.markets[0].feed, plan.markets[1].feed) = (0, 1);
    plan.feeds[0].price = price_e8(100.0);
    plan.feeds[1].price = price_e8(20.0);
    plan.banks[1].decimals = 6;
    for bank in &mut plan.banks {
        bank.parameters.base_floor = usdc(1_000.0);
    }
    debug_assert_eq!(plan.feeds[2].class, Class::Stable);
    plan
}

pub struct Game {
    world: World,
    dice: Dice,
    waiting: Vec<Waiting>,
    margins: Vec<Pubkey>,
    wallets: Vec<Keypair>,
    step: u64,
    falls: bool,
    /// The venue lives on tokens: quote runs short.
    short: bool,
    /// Vaults are robbed.
    robbed: bool,
    pub count: Count,
    /// What the program's own guards refused and core's rules would take, by code.
    pub refused: BTreeMap<u32, u64>,
}

impl Game {
    pub fn new() -> Self {
        let vm = Vm::deployed(false).expect("the VM starts");
        Self {
            world: World::on(vm, plan()),
            dice: Dice(0),
            waiting: Vec::new(),
            margins: Vec::new(),
            wallets: Vec::new(),
            step: 0,
            falls: false,
            short: false,
            robbed: false,
            count: Count::new(),
            refused: BTreeMap::new(),
        }
    }

    /// A new venue with the people of `seed`.
    pub fn deal(&mut self, seed: u64) {
        self.world = World::on(Vm::deployed(false).expect("the VM starts"), plan());
        self.world.audited = false;
        self.dice = Dice(seed);
        self.waiting.clear();
        self.step = 0;
        self.falls = seed.is_multiple_of(2);
        (self.short, self.robbed) = (seed % 3 != 1, seed % 3 != 2);
        let short = self.short;
        let keeper = if short { 100.0 } else { 200_000.0 };
        self.world.fund("keeper", keeper);
        self.world.deposit("keeper", 1, usdc(20_000.0));
        for name in &PEOPLE[..KEEPER] {
            let quote = if short { 20 } else { 1_500 };
            let quote = usdc(10.0) + self.dice.below(usdc(1.0) * quote);
            self.world.deposit(name, 0, quote);
            let token = usdc(3.0) + self.dice.below(usdc(60.0));
            self.world.deposit(name, 1, token);
        }
        self.world.fund_insurance(if short { 20.0 } else { 300.0 });
        // Recent deposits leave freely: let them be old ones.
        self.world.advance(3 * 86_400);
        self.margins = twin::margins(&mut self.world);
        self.wallets = PEOPLE.iter().map(|name| self.world.wallet(name)).collect();
        self.publish_all();
    }

    fn storm(&self) -> bool {
        self.step > STEPS * 2 / 5
    }

    /// The same by both, and the comparison.
    fn act(
        &mut self,
        name: &'static str,
        signer: Option<usize>,
        made: &Instruction,
        rule: impl FnOnce(&mut State) -> Result<()>,
    ) -> bool {
        let mut core = twin::decode(&mut self.world, &self.waiting);
        let before = core.clone();
        let expected = rule(&mut core);
        let signers: Vec<&Keypair> = signer.iter().map(|who| &self.wallets[*who]).collect();
        let outcome = self.world.vm.send(&[instruction(made)], &signers);
        let count = self.count.entry(name).or_default();
        *count = (count.0 + u64::from(outcome.is_ok()), count.1 + 1);
        let receipt = match (expected, outcome) {
            (Ok(()), Ok(receipt)) => receipt,
            (Err(error), Ok(_)) => panic!("{name}: core refuses by {error:?}, the bytecode takes"),
            (expected, Err(failure)) => {
                let code = failure.code();
                let code = code.unwrap_or_else(|| panic!("{name} dies: {failure}"));
                if expected.is_ok() {
                    let known = OWN.iter().any(|own| u32::from(*own) == code);
                    assert!(known, "{name}: core takes, the bytecode refuses: {failure}");
                    *self.refused.entry(code).or_default() += 1;
                }
                return false;
            }
        };
        if name == "withdraw" {
            let queued = receipt.returned.get(8..16).and_then(|b| b.try_into().ok());
            if u64::from_le_bytes(queued.expect("returned")) > 0 {
                let (who, _) = *core.tickets.last().expect("queued");
                let number = before.accounts[who].ticket_next;
                let bank = usize::from(core.tickets.last().expect("queued").1.bank[0]);
                self.waiting.push(Waiting { who, bank, number });
            }
        }
        let (world, margins) = (&self.world, &self.margins);
        self.waiting.retain(|one| twin::waits(world, one, margins));
        let mut elf = twin::decode(&mut self.world, &self.waiting);
        twin::compare(name, &mut core, &mut elf);
        let problems = self
            .world
            .read_all()
            .problems()
            .expect("sums stay in range");
        assert!(problems.is_empty(), "after {name}: {problems:#?}");
        true
    }

    pub fn step(&mut self) {
        self.step += 1;
        let (act, who) = (self.dice.below(100), self.dice.at(KEEPER));
        let market = self.dice.at(MARKETS);
        match act {
            0..=13 => self.time(),
            14..=25 => self.quote(market),
            46..=47 => self.stakes(who),
            // Before the first theft, after which few may leave.
            30..=45 if self.step < 40 => self.stakes(who),
            26..=45 => self.place(who, market),
            48..=53 => self.cancel(who, market),
            54..=63 => self.money(who),
            64..=67 => {
                let sample = self.world.deployment.sample_funding(self.payer(), market);
                self.act("sample funding", None, &sample, |core| {
                    core.sample_funding(market).map(drop)
                });
            }
            68..=71 => {
                let accrue = self.world.deployment.accrue(self.payer());
                self.act("accrue", None, &accrue, State::accrue_all);
            }
            72..=93 if self.storm() => self.liquidate(who, market),
            72..=89 => self.place(who, market),
            _ => self.odd(who),
        }
    }

    fn payer(&self) -> Pubkey {
        pubkey(self.world.vm.payer.pubkey())
    }

    fn publish_all(&mut self) {
        for feed in 0..3 {
            let price = self.world.prices[feed];
            self.publish(feed, price);
        }
    }

    /// A print of one feed; now and then one that is wide, far from its average, or late.
    fn publish(&mut self, feed: usize, price: u64) {
        let odd = self.dice.below(40);
        let conf = if odd == 0 { price / 20 } else { price / 5_000 };
        let ema = if odd == 1 { price / 2 } else { price };
        self.world.publish(feed, price, conf, ema);
        let number = feed as u8;
        let from = pubkey(bulwark_svm::launch::oracle(
            self.world.plan.feeds[feed].name,
        ));
        let payer = pubkey(self.world.vm.payer.pubkey());
        let deployment = &self.world.deployment;
        let refresh = deployment.refresh(payer, &[(number, from, None)]);
        let publish_at = self.world.now().unix;
        let reading = Reading {
            price,
            conf,
            ema,
            publish_at,
        };
        self.act("refresh", None, &refresh, |core| {
            core.refresh(number, &reading)
        });
    }

    fn time(&mut self) {
        let seconds = match self.dice.below(12) {
            0 => {
                let longest = [20_000, 100_000][self.dice.at(2)];
                self.dice.range(60, longest)
            }
            1..=5 => self.dice.range(5, 90),
            _ => self.dice.range(1, 5),
        };
        self.world.advance(seconds);
        if self.dice.below(3) != 0 {
            let feed = self.dice.at(2);
            let width = if self.storm() {
                [60, 300, 900][self.dice.at(3)]
            } else {
                15
            };
            let lean = if self.storm() && self.dice.below(3) != 0 {
                width
            } else {
                0
            };
            let lean = if self.falls { -lean } else { lean };
            let price = self.world.prices[feed];
            let steps = self.dice.range(-width, width) + lean;
            let moved = (price as i64 + price as i64 / 10_000 * steps) as u64;
            let first = plan().feeds[feed].price;
            self.world.prices[feed] = moved.clamp(first / 20, first * 20);
        }
        self.publish_all();
    }

    fn send_order(
        &mut self,
        name: &'static str,
        who: usize,
        market: usize,
        args: PlaceOrderArgs,
    ) -> bool {
        // The makers of the book, in any order; at times one is missing, or comes twice, or
        // something else comes along.
        let mut makers: Vec<usize> = (0..PEOPLE.len()).filter(|one| *one != who).collect();
        for place in (1..makers.len()).rev() {
            let with = self.dice.at(place + 1);
            makers.swap(place, with);
        }
        let mut keys: Vec<Pubkey> = makers.iter().map(|one| self.margins[*one]).collect();
        match self.dice.below(8) {
            0 => {
                makers.pop();
                keys.pop();
            }
            1 => keys.push(keys[0]),
            2 => keys.push(self.world.deployment.board),
            3 => keys.push(self.margins[who]),
            _ => {}
        }
        let key = pubkey(self.wallets[who].pubkey());
        let margin = self.margins[who];
        let place = self
            .world
            .deployment
            .place_order(key, margin, market, args, &keys);
        let request = request(&args);
        self.act(name, Some(who), &place, |core| {
            core.place_among(who, market, &request, &makers)
        })
    }

    fn place(&mut self, who: usize, market: usize) {
        let board = self.world.board();
        let account = self.world.account(PEOPLE[who]);
        let now = self.world.now();
        let wealth = health::health(&board, &account, health::Level::Initial, now, false)
            .and_then(|health| health.surplus());
        let wealth = wealth.unwrap_or(0).max(0).unsigned_abs();
        let ratio = leg_ratios(&board, market as u8, 0, now).map_or(UNIT, |one| one.initial);
        let mark = board.feeds[market].last.price;
        let part = 1 + self.dice.below(120);
        let notional = u128::from(wealth) * 10_000_000 * u128::from(part) / u128::from(ratio);
        let rules = self.world.market(market);
        let carried = (notional * 10_000_000_000 / u128::from(mark)) as u64 / rules.lot * rules.lot;
        let away = [3, 10, 200][self.dice.at(3)];
        let near = (mark as i64 + self.dice.range(-away, away) * (mark / 10_000) as i64) as u64;
        let side = [Side::Bid, Side::Ask][self.dice.at(2)];
        let opposite = match side {
            Side::Bid => book::Side::Ask,
            Side::Ask => book::Side::Bid,
        };
        let book = self.world.book(market);
        let best = book::best(&book, opposite).map(|best| best.price);
        let best = best.filter(|_| self.dice.below(2) == 0);
        let kinds = [
            OrderKind::Limit,
            OrderKind::Limit,
            OrderKind::ImmediateOrCancel,
            OrderKind::PostOnly,
            OrderKind::PostOnlySlide,
            OrderKind::FillOrKill,
        ];
        let args = PlaceOrderArgs {
            side,
            kind: match best {
                Some(_) => OrderKind::ImmediateOrCancel,
                None => kinds[self.dice.at(6)],
            },
            reduce_only: self.dice.below(8) == 0,
            price: match self.dice.below(40) {
                0 => self.dice.next(),
                _ => best.unwrap_or(near / rules.tick * rules.tick),
            },
            size: match self.dice.below(10) {
                0 => self.dice.size(64),
                1..=2 => self.dice.size(12) * rules.lot,
                _ => carried.max(rules.lot),
            },
            client_id: self.dice.below(4) as u32,
            expires_at: match self.dice.below(4) {
                0 => (now.unix + self.dice.range(-1, 120)) as u32,
                _ => 0,
            },
        };
        self.send_order("place", who, market, args);
    }

    fn quote(&mut self, market: usize) {
        let mark = self.world.board().feeds[market].last.price;
        let rules = self.world.market(market);
        let middle = (mark as i64 + self.dice.range(-40, 40) * (mark / 10_000) as i64) as u64;
        let worth = usdc(500.0) << self.dice.below(6);
        let size = (u128::from(worth) * 10_000_000_000 / u128::from(mark)) as u64;
        for (side, price) in [
            (Side::Bid, middle - mark / 1_000),
            (Side::Ask, middle + mark / 1_000),
        ] {
            let args = PlaceOrderArgs {
                side,
                kind: OrderKind::PostOnlySlide,
                reduce_only: false,
                price: price / rules.tick * rules.tick,
                size: size / rules.lot * rules.lot,
                client_id: 9,
                expires_at: (self.world.now().unix + 300) as u32,
            };
            self.send_order("quote", KEEPER, market, args);
        }
    }

    fn cancel(&mut self, who: usize, market: usize) {
        let margin = self.margins[who];
        if self.dice.below(3) == 0 {
            let prune = self
                .world
                .deployment
                .prune_orders(self.payer(), margin, market);
            self.act("prune", None, &prune, |core| core.prune(who, market));
            return;
        }
        let which = match self.dice.below(4) {
            0 => Which::Slot(self.dice.below(40) as u8),
            1 => Which::Client(self.dice.below(4) as u32),
            _ => Which::All,
        };
        let key = pubkey(self.wallets[who].pubkey());
        let cancel = self
            .world
            .deployment
            .cancel_orders(key, margin, market, which);
        self.act("cancel", Some(who), &cancel, |core| {
            core.cancel_which(who, market, which)
        });
    }

    fn money(&mut self, who: usize) {
        let bank = self.dice.at(2);
        let amount = self.dice.size(if bank == 0 { 32 } else { 26 });
        let key = pubkey(self.wallets[who].pubkey());
        let (margin, tokens) = (self.margins[who], twin::tokens(&self.world, who, bank));
        match self.dice.below(10) {
            0..=2 => {
                self.world.give(PEOPLE[who], bank, amount);
                let deployment = &self.world.deployment;
                let deposit = deployment.deposit(key, margin, bank, tokens, amount);
                self.act("deposit", Some(who), &deposit, |core| {
                    core.deposit(who, bank, amount)
                });
            }
            3..=6 => {
                let account = self.world.account(PEOPLE[who]);
                let amount = match self.dice.below(4) {
                    0 => withdrawal::ALL,
                    _ => amount,
                };
                let plain = health::is_plain(&account);
                let number = Some(account.ticket_next);
                let withdraw = self.world.deployment.withdraw(
                    key,
                    margin,
                    (bank, amount),
                    tokens,
                    number,
                    plain,
                );
                self.act("withdraw", Some(who), &withdraw, |core| {
                    core.withdraw_some(who, bank, amount)
                });
            }
            7..=8 if !self.waiting.is_empty() => {
                let place = self.dice.at(self.waiting.len());
                let one = self.waiting[place];
                let crank = self.world.deployment.crank_ticket(
                    self.payer(),
                    pubkey(self.wallets[one.who].pubkey()),
                    self.margins[one.who],
                    one.bank,
                    one.number,
                    twin::tokens(&self.world, one.who, one.bank),
                );
                self.act("serve", None, &crank, |core| core.serve(place));
            }
            _ => {
                let due = |who: &usize| self.due(*who, bank);
                let turns = (0..KEEPER).map(|more| (who + more) % KEEPER);
                let who = turns.clone().find(due).unwrap_or(who);
                let key = pubkey(self.wallets[who].pubkey());
                let (margin, tokens) = (self.margins[who], twin::tokens(&self.world, who, bank));
                let deployment = &self.world.deployment;
                let collect = deployment.collect_residual(key, margin, bank, tokens);
                self.act("collect", Some(who), &collect, |core| {
                    core.collect_due(who, bank)
                });
            }
        }
    }

    /// Whether money is assigned to a person's residual claim.
    fn due(&self, who: usize, bank: usize) -> bool {
        let account = self.world.account(PEOPLE[who]);
        let residuals = self.world.bank(bank).residuals;
        let claim = withdrawal::claim(&account, bank as u8);
        claim.is_some_and(|claim| residual::due(claim, &residuals) != Ok(0))
    }
}

fn request(args: &PlaceOrderArgs) -> OrderRequest {
    OrderRequest {
        side: match args.side {
            Side::Bid => book::Side::Bid,
            Side::Ask => book::Side::Ask,
        },
        kind: match args.kind {
            OrderKind::Limit => Kind::Limit,
            OrderKind::PostOnly => Kind::PostOnly,
            OrderKind::PostOnlySlide => Kind::PostOnlySlide,
            OrderKind::ImmediateOrCancel => Kind::ImmediateOrCancel,
            OrderKind::FillOrKill => Kind::FillOrKill,
        },
        reduce_only: args.reduce_only,
        price: args.price,
        size: args.size,
        client_id: args.client_id,
        expires_at: args.expires_at,
    }
}
