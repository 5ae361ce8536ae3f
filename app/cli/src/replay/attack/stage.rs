//! An attack while it is played: acts that are due, and what became of them.

use anyhow::Result;

use super::{Deed, OfAct, OfActor, Outcome, Script, Target};
use crate::replay::makers::Makers;
use crate::replay::venue::{Party, Venue};

/// Where an attack stands.
pub struct Stage<'a> {
    script: &'a Script,
    next: usize,
    acts: Vec<OfAct>,
}

impl<'a> Stage<'a> {
    /// Before its first act.
    pub fn new(script: &'a Script) -> Self {
        Self {
            script,
            next: 0,
            acts: Vec::new(),
        }
    }

    /// Plays everything that is due until a second, that second included. `traders` are those who
    /// are there; makers renew their quotes before they meet an actor's order.
    pub fn go_on(
        &mut self,
        venue: &mut Venue,
        makers: &mut Makers,
        until: i64,
        traders: &[usize],
    ) -> Result<()> {
        while let Some(ready) = self
            .script
            .acts
            .get(self.next)
            .filter(|act| act.at <= until)
        {
            venue.go_on(ready.at);
            if let Deed::Place { market, .. } | Deed::CloseOut(market, _) = ready.deed {
                makers.quote(venue, market, 0)?;
            }
            let whom = |target| resolve(venue, traders, target);
            let (result, code, units) = match venue.target_of(&ready.deed).map(whom).transpose()? {
                Some(None) => ("nobody is there".into(), None, 0),
                party => {
                    let actor = Party::Actor(ready.actor);
                    let done = venue.perform(actor, &ready.deed, party.flatten())?;
                    (done.result, done.code, done.units)
                }
            };
            self.acts.push(OfAct {
                index: self.next,
                at_unix: ready.at,
                actor: self.script.actors[ready.actor].0.clone(),
                what: ready.name.into(),
                result,
                code,
                units,
            });
            self.next += 1;
        }
        Ok(())
    }

    /// What it came to.
    pub fn end(self, venue: &Venue) -> Result<Option<Outcome>> {
        if self.script.actors.is_empty() {
            return Ok(None);
        }
        let named = self.script.actors.iter().enumerate();
        let actors = named.map(|(number, (name, started))| {
            let started_e6 = i64::try_from(*started)?;
            let profit_e6 = venue.fortune(Party::Actor(number))? - started_e6;
            Ok(OfActor {
                name: name.clone(),
                started_e6,
                ended_e6: started_e6 + profit_e6,
                profit_e6,
            })
        });
        Ok(Some(Outcome {
            about: self.script.about.clone(),
            actors: actors.collect::<Result<_>>()?,
            acts: self.acts,
        }))
    }
}

/// Whose account is meant; `None` if there is nobody.
fn resolve(venue: &Venue, traders: &[usize], target: Target) -> Result<Option<Party>> {
    let party = match target {
        Target::Actor(number) => Party::Actor(number),
        Target::Trader(number) => Party::Trader(number),
        Target::Maker(number) => Party::Maker(number),
        Target::Weakest => {
            let mut weakest: Option<(i64, Party)> = None;
            for who in traders {
                let party = Party::Trader(*who);
                if let Some(surplus) = venue.surplus(party)?
                    && weakest.is_none_or(|(least, _)| surplus < least)
                {
                    weakest = Some((surplus, party));
                }
            }
            return Ok(weakest.map(|(_, party)| party));
        }
    };
    Ok(venue.is_there(party).then_some(party))
}
