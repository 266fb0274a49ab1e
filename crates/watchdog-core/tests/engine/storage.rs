//! A disk that fails.
use crate::rig::Rig;
use watchdog_core::config::{ActLimits, Mode};
use watchdog_core::policy::Verdict;
use watchdog_core::status::OperationState;

#[tokio::test(start_paused = true)]
async fn after_a_failed_write_nothing_acts_but_observation_goes_on() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    rig.journal.break_disk(true);
    rig.chain.world().performs = false;
    rig.pass(60).await;
    assert_eq!((rig.submitted(), rig.status().judgement.unwrap().verdict), (0, Verdict::Down));
    assert_eq!(rig.handle.status().stopped.unwrap().code, "storage");
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_works_again_is_not_believed_before_a_restart() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    rig.journal.break_disk(true);
    rig.chain.world().performs = false;
    rig.pass(60).await;
    rig.journal.break_disk(false);
    rig.pass(600).await;
    assert_eq!(rig.submitted(), 0);
    let (chain, clock, journal) = rig.stop().await;
    let rig = Rig::on(chain, clock, journal, Mode::Act, ActLimits::default()).await;
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_in_the_middle_stops_the_failover_before_its_next_command() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    {
        let mut world = rig.chain.world();
        (world.performs, world.drops) = (false, true);
    }
    while rig.submitted() == 0 {
        rig.pass(1).await;
    }
    rig.journal.break_disk(true);
    rig.pass(600).await;
    assert_eq!(rig.submitted(), 1, "the next command would have needed an intent on disk");
}
