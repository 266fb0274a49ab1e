//! What must not happen.
use crate::rig::Rig;
use std::time::Duration;
use watchdog_core::config::{ActLimits, Mode, TextDuration};
use watchdog_core::policy::Verdict;
use watchdog_testkit::fake::{Manner, World};

/// Nothing moves in ten minutes of a world so changed.
async fn unmoved(change: impl FnOnce(&mut World)) -> Rig {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(20).await;
    change(&mut rig.chain.world());
    rig.pass(600).await;
    assert_eq!((rig.signer(), rig.submitted()), ("a".into(), 0));
    assert!(rig.last().is_none());
    rig
}

fn verdict(rig: &Rig) -> Verdict {
    rig.status().judgement.unwrap().verdict
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_while_the_whole_network_halts() {
    let rig = unmoved(|world| (world.moves, world.performs) = (false, false)).await;
    assert_ne!(verdict(&rig), Verdict::Down);
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_while_everybody_misses() {
    let rig = unmoved(|world| (world.performs, world.others_perform) = (false, false)).await;
    assert_eq!(verdict(&rig), Verdict::Unknown);
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_because_one_source_lies() {
    let rig = unmoved(|world| world.manners[1] = Manner::Liar).await;
    assert_ne!(verdict(&rig), Verdict::Down);
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_because_one_source_is_stuck_in_the_past() {
    let rig = unmoved(|world| world.manners[2] = Manner::Stuck).await;
    assert_ne!(verdict(&rig), Verdict::Down);
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_while_the_watchdog_alone_is_cut_off() {
    let rig = unmoved(|world| (world.manners, world.performs) = (vec![Manner::Silent; 3], false)).await;
    assert_eq!(verdict(&rig), Verdict::Unknown);
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_while_only_one_source_is_left() {
    let rig = unmoved(|world| {
        (world.manners, world.performs) = (vec![Manner::Honest, Manner::Silent, Manner::Silent], false);
    })
    .await;
    assert_eq!(verdict(&rig), Verdict::Unknown);
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_while_no_duty_is_due() {
    let rig = unmoved(|world| (world.has_duties, world.performs) = (false, false)).await;
    assert_eq!(verdict(&rig), Verdict::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_jump_of_the_wall_clock_makes_no_verdict_worse() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(20).await;
    for jump in [3_600_000, -3_600_000, -86_400_000, 86_400_000] {
        rig.clock.jump_wall(jump);
        rig.pass(30).await;
        assert_eq!(verdict(&rig), Verdict::Healthy);
    }
    assert_eq!((rig.submitted(), rig.handle.status().clock_anomalies), (0, 4));
}

#[tokio::test(start_paused = true)]
async fn a_stop_of_ten_minutes_forgets_what_was_seen_before() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(20).await;
    rig.chain.world().performs = false;
    rig.pass(3).await;
    assert_eq!(verdict(&rig), Verdict::Degraded);
    rig.chain.world().has_duties = false;
    rig.clock.suspend(Duration::from_mins(10));
    rig.pass(60).await;
    assert_eq!((verdict(&rig), rig.submitted()), (Verdict::Unknown, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_middle_of_suspicion_starts_the_confirmation_anew() {
    let act = ActLimits { confirm_for: TextDuration(Duration::from_mins(1)), ..ActLimits::default() };
    let rig = Rig::limited(Mode::Act, act).await;
    rig.pass(20).await;
    rig.chain.world().performs = false;
    rig.pass(30).await;
    rig.clock.suspend(Duration::from_mins(10));
    rig.pass(30).await;
    assert_eq!(rig.submitted(), 0, "down for thirty seconds since the stop, not for eleven minutes");
    rig.pass(60).await;
    assert_eq!(rig.submitted(), 1);
}

#[tokio::test(start_paused = true)]
async fn observe_and_advise_never_act() {
    for mode in [Mode::Observe, Mode::Advise] {
        let rig = Rig::new(mode).await;
        rig.pass(20).await;
        rig.chain.world().performs = false;
        rig.pass(600).await;
        assert_eq!((rig.submitted(), verdict(&rig)), (0, Verdict::Down));
        assert_eq!(rig.status().advice.is_some(), mode == Mode::Advise);
    }
}
