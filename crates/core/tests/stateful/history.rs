//! One history: a compartment with people, a theme, and what happens step by step.

use bulwark_core::Result;

use super::exchange::{Exchange, MARKETS, PRICES, State, USD};
use super::{Count, Dice};

/// Steps of one history.
pub const STEPS: u64 = 250;
pub const PEOPLE: usize = 4;
/// The account that makes markets and liquidates, beside the people.
pub const KEEPER: usize = PEOPLE;

/// What a history is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Prices stand still, and only one person acts.
    Constant,
    /// Positions are built, then prices crash, jump and come back.
    Crisis,
    /// The same, and the compartment lives on tokens: quote runs short.
    Short,
    /// The same, and vaults are robbed and given to.
    Robbed,
}

impl Theme {
    pub const MOVING: [Self; 3] = [Self::Crisis, Self::Short, Self::Robbed];

    /// Insurance; quote and tokens of the keeper, and at most of the people.
    const fn wealth(self) -> [u64; 5] {
        match self {
            Self::Constant => [50_000, 2_000_000, 5_000, 20_000, 200],
            Self::Crisis => [400, 400_000, 5_000, 1_500, 20],
            Self::Short => [20, 100, 20_000, 30, 100],
            Self::Robbed => [200, 50_000, 5_000, 800, 30],
        }
    }
}

pub struct History {
    pub exchange: Exchange,
    pub dice: Dice,
    pub count: Count,
    pub theme: Theme,
    /// What the world trades at: a jump becomes the Board's price once it is confirmed.
    pub worth: [u64; 3],
    /// Prices rather fall than rise in its storm.
    pub falls: bool,
    /// Its storm is a row of small moves, which no band and no jump stops.
    pub steady: bool,
    pub step: u64,
    /// No keeper comes: whom time brings below maintenance, or who brings himself there, is for the
    /// same person's other accounts to liquidate and to wind up.
    pub neglected: bool,
}

impl History {
    pub fn new(seed: u64, theme: Theme) -> Self {
        let mut dice = Dice(seed);
        let [insurance, keeper, stock, quote, token] = theme.wealth();
        let mut exchange = Exchange::new(PEOPLE + 1, insurance * USD);
        let is = &mut exchange.is;
        is.deposit(KEEPER, 0, keeper * USD).expect("keeper");
        is.deposit(KEEPER, 1, stock * USD).expect("keeper");
        for who in 0..PEOPLE {
            let amount = 50 * USD + dice.below(quote * USD);
            is.deposit(who, 0, amount).expect("deposit");
            let amount = 3 * USD + dice.below(token * USD);
            is.deposit(who, 1, amount).expect("deposit");
        }
        // Recent deposits leave freely: let them be old ones.
        is.now.unix += 3 * 86_400;
        let mixed = dice.next();
        let mut history = Self {
            exchange,
            dice,
            count: Count::new(),
            theme,
            worth: PRICES,
            falls: mixed & 1 == 0,
            steady: mixed & 2 == 0,
            step: 0,
            neglected: seed.is_multiple_of(2),
        };
        history.tick(1);
        history
    }

    pub fn constant(&self) -> bool {
        self.theme == Theme::Constant
    }

    /// Positions have been built: prices move now.
    pub fn storm(&self) -> bool {
        !self.constant() && self.step > STEPS * 2 / 5
    }

    /// Margins have risen while prices stood still.
    fn tight(&self) -> bool {
        self.constant() && self.neglected && self.step >= STEPS / 3
    }

    /// Margins are four times what they were, as after days that nobody traded in: at constant
    /// prices whoever is at his leverage is liquidatable.
    fn tighten(&mut self) {
        for market in &mut self.exchange.is.board.markets[..MARKETS] {
            let margin = &mut market.margin;
            let risen = (margin.mm * 4).min(u64::from(margin.params.cap_e9) / 2);
            (margin.im, margin.mm, margin.m0) = (risen, risen, risen);
            (margin.im_tight_at, margin.mm_tight_at) = (margin.seen_at, margin.seen_at);
        }
    }

    pub fn run<T>(
        &mut self,
        name: &'static str,
        act: impl FnOnce(&mut State) -> Result<T>,
    ) -> Option<T> {
        let done = self.exchange.run(|state, _| act(state)).ok();
        self.counted(name, done.is_some());
        done
    }

    pub fn counted(&mut self, name: &'static str, done: bool) {
        let count = self.count.entry(name).or_default();
        *count = (count.0 + u64::from(done), count.1 + 1);
    }

    pub fn step(&mut self) {
        self.step += 1;
        if self.constant() && self.neglected && [STEPS / 3, STEPS * 2 / 3].contains(&self.step) {
            self.tighten();
        }
        let (act, who) = (self.dice.below(100), self.dice.at(PEOPLE));
        let market = self.dice.at(MARKETS);
        match act {
            0..=14 if self.storm() => self.time(),
            0..=7 => self.quote(who, market),
            8..=19 if !self.constant() => self.quote(KEEPER, market),
            8..=35 => self.place(who, market),
            36..=41 => self.cancel(who, market),
            42..=49 => self.time(),
            50..=59 => self.money(who),
            60..=64 => self.sample(market),
            65..=69 => {
                let before = self.exchange.is.insurance.premium_total;
                self.run("accrue", State::accrue);
                let charged = self.exchange.is.insurance.premium_total > before;
                self.counted("cover", charged);
            }
            70..=91 if self.storm() || act < 74 || self.tight() => self.liquidate(who, market),
            70..=91 => self.place(who, market),
            _ => self.odd(who, market),
        }
        self.exchange.is.check();
        self.exchange.is.check_since(&self.exchange.was);
        if self.constant() {
            let won = self.exchange.is.won(PEOPLE);
            assert!(won <= 0, "free money: {won}");
        }
    }
}
