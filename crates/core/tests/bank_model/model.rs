//! D3 and D6 in big integers.

use super::*;

/// A bucket as units × period, so that nothing is ever rounded.
#[derive(Clone, Debug)]
pub struct Leaky {
    pub scaled: BigInt,
    pub at: i64,
}

impl Leaky {
    pub fn of(bucket: &Bucket) -> Self {
        let scaled = big(bucket.level) * bucket.period + bucket.remainder;
        Self {
            scaled,
            at: bucket.at,
        }
    }

    /// Refills at `refill` per `period` up to `cap`.
    pub fn fill(&mut self, (cap, refill, period): (&BigInt, &BigInt, i64), now: i64) {
        let elapsed = (now - self.at).max(0);
        self.scaled = (&self.scaled + refill * elapsed).min(cap * period);
        self.at = self.at.max(now);
    }
}

/// D6 in big integers, beside a bank.
#[derive(Clone, Debug)]
pub struct Model {
    /// Mean × 86,400.
    pub mean: BigInt,
    pub mean_at: i64,
    pub held: BigInt,
    pub quick: BigInt,
    pub quick_seen: bool,
    pub hour: Leaky,
    pub day: Leaky,
    pub lane: Leaky,
    pub q_in: BigInt,
    pub q_out: BigInt,
    pub q_served: BigInt,
    pub queue_at: i64,
}

/// Cap, refill and period of hour, day and lane.
pub type Rates = [(BigInt, BigInt, i64); 3];

impl Model {
    pub fn of(teller: &Teller) -> Self {
        let bank = &teller.bank;
        let queue = &bank.queue;
        Self {
            mean: big(bank.mean_claims) * DAY + bank.mean_remainder,
            mean_at: bank.mean_at,
            held: big(queue.held_base),
            quick: big(bank.quick_base),
            quick_seen: bank.quick_until != 0,
            hour: Leaky::of(&bank.hour),
            day: Leaky::of(&bank.day),
            lane: Leaky::of(&bank.small),
            q_in: big(queue.q_in.get()),
            q_out: big(queue.q_out.get()),
            q_served: big(queue.q_served.get()),
            queue_at: queue.at,
        }
    }

    pub fn waiting(&self) -> bool {
        self.q_served < self.q_in
    }

    pub fn rates(&self, claims: &BigInt, floor: u64, flow: &Flow) -> (BigInt, Rates) {
        let mean = &self.mean / DAY;
        let mut base = big(floor).max(claims.clone().min(mean));
        if self.waiting() {
            base = base.max(self.held.clone());
        }
        let quick_base = base.clone().max(self.quick.clone());
        let quick_day = if flow.quick_ppm == 0 {
            big(0)
        } else {
            (quick_base * flow.quick_ppm + 999_999) / 1_000_000
        };
        let one = |ppm: u32, least: u32, period: i64| {
            let asked: BigInt = &base * ppm / 1_000_000 / flow.divisor;
            let cap: BigInt = asked.max(&base * least / 1_000_000);
            let lane: BigInt = &cap / 10;
            let cap = cap - &lane;
            let quick = (&quick_day * period + DAY - 1) / DAY;
            (cap.clone(), cap.max(quick), lane)
        };
        let (hour, hour_refill, hour_lane) = one(10_000, 2_500, HOUR);
        let (day, day_refill, day_lane) = one(100_000, 25_000, DAY);
        let lane = day_lane.max((quick_day + 9) / 10);
        let rates = [
            (hour, hour_refill, HOUR),
            (day, day_refill, DAY),
            (hour_lane, lane, DAY),
        ];
        (base, rates)
    }

    /// What `begin` must do. `claims` is K_j and `affordable` ⌊(V − A)⁺/cov⌋ before the act.
    pub fn begin(
        &mut self,
        claims: &BigInt,
        affordable: Option<BigInt>,
        floor: u64,
        flow: &Flow,
        now: i64,
    ) -> BigInt {
        let elapsed = (now - self.mean_at).clamp(0, DAY);
        if elapsed > 0 {
            self.mean = &self.mean * (DAY - elapsed) / DAY + claims * elapsed;
        }
        self.mean_at = self.mean_at.max(now);
        if flow.quick_ppm == 0 {
            self.quick = big(0);
        } else if self.quick_seen {
            self.quick = self.quick.clone().max(claims.clone());
        } else {
            self.quick = claims.clone();
        }
        self.quick_seen = flow.quick_ppm != 0;
        let (base, rates) = self.rates(claims, floor, flow);
        let [hour, day, lane] = &rates;
        self.lane.fill((&lane.0, &lane.1, lane.2), now);
        if !self.waiting() {
            self.hour.fill((&hour.0, &hour.1, hour.2), now);
            self.day.fill((&day.0, &day.1, day.2), now);
            return base;
        }
        // The slower one, its fraction of a unit kept in its bucket; both stay below one unit.
        let slow_is_hour = &hour.1 * DAY < &day.1 * HOUR;
        let (slow, leaky) = if slow_is_hour {
            (hour, &mut self.hour)
        } else {
            (day, &mut self.day)
        };
        let fraction = &leaky.scaled % slow.2;
        let gained = &slow.1 * (now - self.queue_at).max(0) + fraction;
        let wanted = &self.q_out + &gained / slow.2;
        let mut limit = self.q_in.clone();
        if let Some(affordable) = affordable {
            limit = limit.min((&self.q_served + affordable).max(self.q_out.clone()));
        }
        let rest = if wanted < limit {
            gained % slow.2
        } else {
            big(0)
        };
        self.q_out = wanted.min(limit);
        self.queue_at = self.queue_at.max(now);
        let (mut at_hour, mut at_day) = (big(0), big(0));
        if slow_is_hour {
            at_hour = rest;
        } else {
            at_day = rest;
        }
        self.hour = Leaky {
            scaled: at_hour,
            at: self.hour.at.max(now),
        };
        self.day = Leaky {
            scaled: at_day,
            at: self.day.at.max(now),
        };
        base
    }

    pub fn enqueue(&mut self, amount: u64, base: BigInt, now: i64) {
        if !self.waiting() {
            self.q_out = self.q_in.clone();
            self.queue_at = now;
            self.drain(now);
        }
        self.held = base;
        self.q_in += amount;
    }

    pub fn count(&mut self, amount: u64, now: i64) {
        self.q_served += amount;
        if amount > 0 && !self.waiting() {
            self.q_out = self.q_in.clone();
            self.held = big(0);
            self.drain(now);
        }
    }

    pub fn drain(&mut self, now: i64) {
        for leaky in [&mut self.hour, &mut self.day] {
            *leaky = Leaky {
                scaled: big(0),
                at: leaky.at.max(now),
            };
        }
    }

    pub fn compare(&self, teller: &Teller, what: &str) {
        let own = Model::of(teller);
        assert_eq!(own.mean, self.mean, "{what}: mean");
        assert_eq!(own.quick, self.quick, "{what}: quick base");
        assert_eq!(own.held, self.held, "{what}: held base");
        for (name, a, b) in [
            ("hour", &own.hour, &self.hour),
            ("day", &own.day, &self.day),
            ("lane", &own.lane, &self.lane),
        ] {
            assert_eq!((&a.scaled, a.at), (&b.scaled, b.at), "{what}: {name}");
        }
        assert_eq!(
            (&own.q_in, &own.q_out, &own.q_served, own.queue_at),
            (&self.q_in, &self.q_out, &self.q_served, self.queue_at),
            "{what}: queue"
        );
    }
}

/// cov_j as a fraction, from D3.
pub fn coverage(teller: &Teller) -> (BigInt, BigInt) {
    let bank = &teller.bank;
    let seen = big(bank.expected);
    let vault = big(teller.vault).min(seen.clone());
    if bank.index != 0 {
        let money = (vault - bank.residuals.assigned).max(big(0));
        let claims = big(bank.claims);
        return if money >= claims {
            (big(1), big(1))
        } else {
            (money, claims)
        };
    }
    let totals = &bank.totals;
    let gap = (seen - teller.vault).max(big(0));
    let loss = (big(totals.check_loss) + gap - totals.check_gap).max(big(0));
    let claims = big(totals.check_claims);
    if loss == big(0) {
        (big(1), big(1))
    } else if claims <= loss {
        (big(0), big(1))
    } else {
        (&claims - loss, claims)
    }
}

/// (V − A)⁺ and what it pays, nominal; `None` without bound.
pub fn money(teller: &Teller) -> (BigInt, Option<BigInt>) {
    let vault = teller.vault.min(teller.bank.expected);
    let money = (big(vault) - teller.bank.residuals.assigned).max(big(0));
    let (num, den) = coverage(teller);
    let affordable = if num == big(0) {
        None
    } else {
        Some(&money * den / num)
    };
    (money, affordable)
}

pub fn claims(teller: &Teller) -> BigInt {
    let bank = &teller.bank;
    if bank.index == 0 {
        big(bank.totals.positive.max(0)) + bank.tickets
    } else {
        big(bank.claims)
    }
}
