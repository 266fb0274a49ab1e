//! What is seen of fences before they are needed.
use crate::rig::{Rig, main_validator};
use watchdog_core::config::Mode;
use watchdog_core::fence::Strength;
use watchdog_core::gates::Gate;
use watchdog_core::policy::Measure;
use watchdog_core::status::{FenceStatus, OperationState};

/// A validator of which nothing else is wrong, whose nodes have one key.
async fn sharing(strength: Strength) -> Rig {
    let rig = Rig::new(Mode::Act).await;
    rig.chain.world().fence = Some(strength);
    rig.pass(10).await;
    rig
}

async fn gate(rig: &Rig) -> Option<Gate> {
    let explained = rig.handle.explain(&main_validator()).await.unwrap();
    explained.gates.into_iter().find(|gate| gate.name == "fence_proves")
}

fn shown(rig: &Rig) -> Vec<(String, Strength)> {
    rig.status().fences.into_iter().map(|FenceStatus { node, strength }| (node.to_string(), strength)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_weak_fence_is_seen_while_all_is_well_and_stops_what_it_would_have_stopped() {
    for strength in [Strength::None, Strength::Likely] {
        let rig = sharing(strength).await;
        assert_eq!(shown(&rig), [("a".to_owned(), strength), ("b".to_owned(), strength)]);
        let closed = gate(&rig).await.unwrap();
        assert_eq!((closed.measured, closed.limit), (Measure::Truth(false), Measure::Truth(true)));
        let refusal = closed.closed.unwrap();
        assert_eq!(refusal.code, "fence_too_weak");
        let said = format!("no fence of `a` proves that it stopped: the strongest is worth `{strength}`");
        assert!(refusal.message.ends_with(&said), "{}", refusal.message);
        rig.chain.world().performs = false;
        rig.pass(120).await;
        let explained = rig.handle.explain(&main_validator()).await.unwrap();
        let still_closed: Vec<_> = explained.gates.iter().filter(|gate| gate.closed.is_some()).collect();
        assert_eq!((still_closed.len(), still_closed[0].name, explained.acts), (1, "fence_proves", false));
        assert_eq!(explained.refused.unwrap().code, "fence_too_weak", "the gate told what planning says");
        assert_eq!((rig.signer(), rig.submitted()), ("a".into(), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fence_that_proves_is_an_open_gate() {
    let rig = sharing(Strength::Proves).await;
    assert_eq!(gate(&rig).await.unwrap().closed, None);
    rig.chain.world().performs = false;
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
    assert_eq!(rig.signer(), "b");
}

#[tokio::test(start_paused = true)]
async fn where_the_ledger_names_the_signer_nothing_is_said_of_fences() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    assert_eq!((gate(&rig).await, shown(&rig)), (None, vec![]));
}
