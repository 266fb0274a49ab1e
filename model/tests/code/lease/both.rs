//! The model of the lease and the program, moved together.
use crate::lease::machine::Machine;
use crate::lease::store::{Engine, Store, Who};
use crate::lease::time::{LOOKS, granted, look, lost, start};
use stateright::Model;
use std::hash::Hash;
use tanist_model::sidecar::{Action, Sidecar, State};
use watchdog_core::clock::Uptime;
use watchdog_core::id::Epoch;
use watchdog_core::lease::Held;

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Ticks.
    pub(super) horizon: u8,
    /// Engines that take the lease, one after the other.
    pub(super) engines: u8,
    /// Questions for the lease.
    pub(super) questions: u8,
    /// Ticks that the node's clock loses.
    pub(super) lost: u8,
    /// Fences by command.
    pub(super) fences: u8,
}

/// A question for the lease, and its answer.
#[derive(Clone, Copy, Debug)]
struct Question {
    asked: Uptime,
    boot: u8,
    /// What the store answered, and the epoch that an engine would grant the term with.
    answer: Option<(Held, Epoch)>,
}

/// Both.
#[derive(Clone, Debug)]
pub(super) struct Both {
    pub(super) state: State,
    pub(super) machine: Machine,
    /// By a clock that loses nothing: that of store, engine and device.
    truth: Uptime,
    question: Option<Question>,
    store: Store,
    pub(super) engine: Option<Engine>,
    lost: u8,
    fences: u8,
    questions: u8,
    /// Whether the sidecar has looked since it went on. What comes first then is open.
    pub(super) has_looked: bool,
}

/// What happens to both.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// The model's own action, and what it is in the program.
    Model(Action),
    /// The sidecar looks, and does what is to be done.
    Look,
    /// An engine takes the node's lease.
    Take,
    /// That engine dies; the next one takes the lease when it has lapsed.
    EngineDies,
    /// An engine grants the node the term that it holds.
    Permit,
    /// An engine fences the node by a command.
    Fence,
}

/// Where the two differ.
pub(super) type Difference = String;

impl Both {
    pub(super) fn begin(state: State) -> Self {
        let truth = start();
        let machine = Machine::signing(truth);
        let store = Store::held_by_node(truth);
        Self {
            state,
            machine,
            truth,
            question: None,
            store,
            engine: None,
            lost: 0,
            fences: 0,
            questions: 0,
            has_looked: true,
        }
    }

    /// All that can make a difference later.
    pub(super) fn key(&self) -> impl Eq + Hash + use<> {
        let answer = |(held, epoch): (Held, Epoch)| (held.token(), held.until(), epoch.token, epoch.seq);
        let question = self.question.map(|question| (question.asked, question.boot, question.answer.map(answer)));
        let counts = (self.lost, self.fences, self.questions, self.has_looked);
        (self.state, self.machine.key(), self.truth, question, self.store, self.engine, counts)
    }

    /// What can happen to both, by the model or by the program.
    pub(super) fn events(&self, model: &Sidecar, bounds: Bounds) -> Vec<Event> {
        let offered = self.offered(model);
        let is_here = |action: &Action| match action {
            // These are what the program does by itself, or does not: see `after` and `agree`.
            Action::Stop | Action::StopGranting | Action::TakeOver => false,
            Action::Count => self.engine.is_some_and(|engine| engine.counts(self.truth)),
            // The device counts by its own clock. A lost tick is too short for it.
            Action::Tick { is_lost: true } => {
                let matters = self.state.node.lease > 0 || self.state.request.is_some();
                matters && self.has_looked && !self.state.node.hangs && self.lost < bounds.lost
            }
            Action::Ask => self.questions < bounds.questions,
            // Time passes for a sidecar that has looked.
            Action::Tick { is_lost: false } => self.has_looked,
            _ => true,
        };
        let mut events: Vec<_> = offered.into_iter().filter(is_here).map(Event::Model).collect();
        if !self.has_looked {
            events.push(Event::Look);
        }
        if self.state.takeovers < model.takeovers_max {
            match self.engine {
                Some(engine) if !engine.is_dead => events.push(Event::EngineDies),
                _ if self.store.is_free(self.truth) => events.push(Event::Take),
                _ => {}
            }
        }
        if self.machine.awaits_grant().is_some() {
            events.push(Event::Permit);
        }
        if self.fences < bounds.fences {
            events.push(Event::Fence);
        }
        events
    }

    fn offered(&self, model: &Sidecar) -> Vec<Action> {
        let mut offered = Vec::new();
        model.actions(&self.state, &mut offered);
        offered
    }

    /// Both after `event`; `None` where only the model can do it and the program is known to be stricter.
    pub(super) fn after(&self, model: &Sidecar, event: Event) -> Result<Option<Self>, Difference> {
        let mut both = self.clone();
        match event {
            Event::Look => {}
            Event::Take => both.take(model)?,
            Event::EngineDies => both.engine.as_mut().unwrap().is_dead = true,
            Event::Permit => {
                let (epoch, term) = (both.machine.next_epoch(), both.machine.awaits_grant().unwrap());
                assert!(both.machine.granted(epoch, term));
            }
            Event::Fence => {
                both.fences += 1;
                let epoch = both.machine.next_epoch();
                assert!(both.machine.fenced(epoch) && !both.machine.granted(epoch, 1));
            }
            Event::Model(action) => {
                if !both.act(model, action)? {
                    return Ok(None);
                }
            }
        }
        both.has_looked = !matches!(event, Event::Model(Action::Recover));
        if both.has_looked && !both.state.node.hangs {
            both.settle(model)?;
        }
        Ok(Some(both))
    }

    /// Moves the model alone.
    fn step(&mut self, model: &Sidecar, action: Action) -> Result<(), Difference> {
        if !self.offered(model).contains(&action) {
            return Err(format!("the program does {action:?}, the model does not"));
        }
        if let Some(next) = model.next_state(&self.state, action) {
            self.state = next;
        }
        Ok(())
    }

    /// Whether the program does it as well.
    fn act(&mut self, model: &Sidecar, action: Action) -> Result<bool, Difference> {
        match action {
            Action::Tick { is_lost } => return self.tick(model, is_lost).map(|()| true),
            Action::Ask => {
                self.questions += 1;
                self.question = Some(Question { asked: self.machine.now(), boot: self.machine.boot, answer: None });
            }
            Action::Grant | Action::GrantOutdated => {
                let question = self.question.as_mut().unwrap();
                let who = Who::Node(question.boot);
                let Some(token) = self.store.hold(who, self.truth) else {
                    // Each boot is a process of its own: it waits until the term of the one before has lapsed.
                    return match self.store.holder() {
                        Who::Node(boot) if boot != question.boot => Ok(false),
                        other => Err(format!("the model grants to {who:?} what {other:?} holds")),
                    };
                };
                question.answer = Some((Held::new(token, question.asked, granted()), self.machine.next_epoch()));
            }
            Action::Arrive => {
                let Question { asked, boot, answer } = self.question.take().unwrap();
                let (held, epoch) = answer.unwrap();
                if boot == self.machine.boot {
                    self.machine.hear(held, asked);
                } else {
                    // Nobody hears it any more. A grant for that term may come late all the same.
                    self.machine.granted(epoch, held.token());
                }
            }
            Action::Lose => self.question = None,
            Action::Restart => self.machine.restart(self.truth),
            Action::Hang | Action::Recover | Action::Count | Action::StartBackup => {}
            Action::Stop | Action::StopGranting | Action::TakeOver => unreachable!(),
        }
        self.step(model, action).map(|()| true)
    }

    fn tick(&mut self, model: &Sidecar, is_lost: bool) -> Result<(), Difference> {
        let before = self.state;
        if is_lost {
            self.lost += 1;
            self.truth = self.truth.after(lost());
            self.engine.iter_mut().for_each(|engine| engine.lost += 1);
            self.machine.settle(self.truth);
        } else {
            for _ in 0..LOOKS {
                self.truth = self.truth.after(look());
                self.machine.pass(self.truth, before.node.hangs);
                if before.is_armed && self.machine.is_starved(self.truth) {
                    self.machine.restart(self.truth);
                }
                self.safe(before.node.signs, before.backup_signs)?;
            }
        }
        if let Some(engine) = self.engine {
            engine.renew(&mut self.store, self.truth);
        }
        self.step(model, Action::Tick { is_lost })
    }

    /// The sidecar looks. Where the model stops the signer, the program has.
    fn settle(&mut self, model: &Sidecar) -> Result<(), Difference> {
        self.machine.settle(self.truth);
        if self.offered(model).contains(&Action::Stop) { self.step(model, Action::Stop) } else { Ok(()) }
    }

    /// For the program, who takes the lease over from the store is who takes over in the model, and from then on the
    /// node gets no grant.
    fn take(&mut self, model: &Sidecar) -> Result<(), Difference> {
        let number = self.engine.map_or(0, |engine| engine.number + 1);
        self.engine = Engine::taking(number, &mut self.store, self.truth, self.state.is_armed);
        assert!(self.engine.is_some());
        if self.state.engine.grants {
            self.step(model, Action::StopGranting)?;
        }
        self.step(model, Action::TakeOver)
    }

    fn safe(&self, may_sign: bool, backup_signs: bool) -> Result<(), Difference> {
        match self.machine.runs {
            true if !may_sign => Err("the program signs, the model does not".to_owned()),
            true if backup_signs => Err("the program signs beside the backup".to_owned()),
            _ => Ok(()),
        }
    }

    /// What must be the same in every state.
    pub(super) fn agree(&self, model: &Sidecar) -> Result<(), Difference> {
        let (node, offered) = (self.state.node, self.offered(model));
        self.safe(node.signs, self.state.backup_signs)?;
        if self.machine.boot != node.boot {
            return Err(format!("restarts: the program {}, the model {}", self.machine.boot, node.boot));
        }
        let counts = self.engine.is_some_and(|engine| engine.counts(self.truth));
        let may_count = offered.contains(&Action::Count);
        if counts && !may_count && !self.state.engine.has_counted {
            return Err("the program counts the fence, the model does not".to_owned());
        }
        // A second lost tick belongs to no lease that the engine waits for, and is as short as the first.
        let is_due = self.engine.is_some_and(|engine| !engine.is_dead && engine.lost <= 1);
        if may_count && !counts && is_due {
            return Err("the model counts the fence, the program does not".to_owned());
        }
        // One that hangs starts nothing, and one that hangs at the last moment had stopped the signer before.
        let is_missing = node.signs && !node.hangs && self.has_looked && !self.machine.runs;
        if is_missing && self.machine.awaits_grant().is_none() {
            return Err("the model signs, the program does not".to_owned());
        }
        Ok(())
    }

    pub(super) fn shown(&self) -> String {
        format!("program: {:?}, {:?}, {:?}\nmodel: {:?}", self.machine, self.store, self.engine, self.state)
    }
}
