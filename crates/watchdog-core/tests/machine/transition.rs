//! What may happen on such a day.
use crate::nodes::Trouble;
use proptest::prelude::*;

/// One thing that happens. Each is followed by a while in which the engine comes to rest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Transition {
    /// A node gets well or ill.
    Health(usize, bool),
    /// Nobody answers any more, or all do again.
    Silent(bool),
    /// The other node could take over, or could not.
    Ready(bool),
    /// Something changes that plans take into account.
    Recipe(bool),
    /// Commands get lost from now on.
    Trouble(Trouble),
    /// What hangs arrives, and commands are obeyed again.
    LetGo,
    /// Somebody moves the key by hand, past the engine.
    Outside(Option<usize>),
    /// Time passes, in seconds.
    Pass(u64),
    /// The machine is suspended, in hours.
    Sleep(u64),
    /// The lease store is cut off, or there again.
    Lease(bool),
    /// The engine ends and starts again on the same journal: in order, or killed.
    Restart(bool),
    /// An operator plans a move.
    Plan(Option<usize>),
    /// An operator executes the newest plan.
    Execute {
        /// Under this key.
        key: Option<u8>,
        /// With a digest that is not that of the plan.
        is_wrong: bool,
        /// And says so once more before the first answer is there.
        is_twice: bool,
    },
    /// An operator executes the newest plan, and takes it back at once.
    ExecuteAndCancel,
    /// An operator cancels the newest operation.
    Cancel,
    /// An operator pauses, for this many hours.
    Pause(Option<u64>),
    /// An operator resumes.
    Resume,
    /// An operator has seen how the last operation ended.
    Acknowledge,
}

/// What may come next, most of it aimed at `signer`: a day on which nobody falls ill is over soon.
pub(crate) fn any(
    signer: Option<usize>,
    has_offer: bool,
    is_under_way: bool,
    may_cancel: bool,
) -> BoxedStrategy<Transition> {
    let node = 0..2_usize;
    let signer = signer.unwrap_or_default();
    let troubles = vec![Trouble::None, Trouble::Fence, Trouble::OldNode, Trouble::Start];
    let execute = (prop::option::of(0..3_u8), prop::bool::weighted(0.1), prop::bool::weighted(0.3));
    prop_oneof![
        8 => Just(Transition::Health(signer, false)),
        4 => node.clone().prop_map(|node| Transition::Health(node, true)),
        2 => Just(Transition::Health(1 - signer, false)),
        2 => prop::bool::ANY.prop_map(Transition::Silent),
        2 => prop::bool::weighted(0.7).prop_map(Transition::Ready),
        if has_offer { 6 } else { 1 } => prop::bool::ANY.prop_map(Transition::Recipe),
        4 => prop::sample::select(troubles).prop_map(Transition::Trouble),
        2 => Just(Transition::LetGo),
        2 => prop::option::weighted(0.8, node.clone()).prop_map(Transition::Outside),
        2 => prop::sample::select(vec![200, 600, 2400]).prop_map(Transition::Pass),
        4 => prop::sample::select(vec![3, 25, 24 * 8]).prop_map(Transition::Sleep),
        2 => prop::bool::ANY.prop_map(Transition::Lease),
        if is_under_way { 12 } else { 2 } => prop::bool::ANY.prop_map(Transition::Restart),
        5 => prop::option::weighted(0.3, node).prop_map(Transition::Plan),
        if has_offer { 8 } else { 1 } =>
            execute.prop_map(|(key, is_wrong, is_twice)| Transition::Execute { key, is_wrong, is_twice }),
        if may_cancel { 30 } else { 1 } => Just(Transition::ExecuteAndCancel),
        1 => Just(Transition::Cancel),
        2 => prop::option::of(prop::sample::select(vec![2, 48])).prop_map(Transition::Pause),
        2 => Just(Transition::Resume),
        4 => Just(Transition::Acknowledge),
    ]
    .boxed()
}
