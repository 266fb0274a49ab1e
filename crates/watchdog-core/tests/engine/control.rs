//! What operators order.
use crate::rig::{Rig, main_validator, watched};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::action::Kind;
use watchdog_core::clock::Clock;
use watchdog_core::config::{ActLimits, Mode};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Parameters, PauseOrder};
use watchdog_core::id::{InstanceId, NodeName};
use watchdog_core::journal::{Journal, Record};
use watchdog_core::status::{OperationState, State};
use watchdog_testkit::fake::FakeChain;
use watchdog_testkit::shared::SharedStore;

fn pause(lasts: Option<Duration>) -> PauseOrder {
    PauseOrder { lasts, reason: "kernel update".into(), by: "tester".into() }
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_until_its_end_also_across_a_restart() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    rig.handle.pause(&main_validator(), pause(Some(Duration::from_hours(1)))).await.unwrap();
    rig.chain.world().performs = false;
    rig.pass(600).await;
    assert_eq!((rig.submitted(), rig.status().state), (0, State::Paused));
    let (chain, clock, journal) = rig.stop().await;
    let rig = Rig::on(chain, clock, journal, Mode::Act, ActLimits::default()).await;
    rig.pass(1200).await;
    assert_eq!((rig.submitted(), rig.status().hold.unwrap().code.as_str()), (0, "paused"));
    rig.pass(1900).await;
    assert_eq!(rig.submitted(), 1);
}

#[tokio::test(start_paused = true)]
async fn resuming_ends_a_pause() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    rig.handle.pause(&main_validator(), pause(None)).await.unwrap();
    rig.chain.world().performs = false;
    rig.pass(24 * 3600).await;
    assert_eq!(rig.submitted(), 0);
    rig.handle.resume(&main_validator(), "tester").await.unwrap();
    rig.handle.resume(&main_validator(), "tester").await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn acknowledging_ends_the_cool_down_and_the_hold_after_a_failure() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    {
        let mut world = rig.chain.world();
        (world.performs, world.refuses) = (false, true);
    }
    assert_eq!(rig.ended().await.state, OperationState::Failed);
    rig.chain.world().refuses = false;
    rig.handle.acknowledge(&main_validator(), "tester").await.unwrap();
    rig.pass(30).await;
    assert_eq!(rig.last().unwrap().state, OperationState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn an_operator_acts_in_spite_of_pause_and_cool_down_but_not_in_mode_observe() {
    let rig = Rig::new(Mode::Advise).await;
    rig.pass(10).await;
    rig.handle.pause(&main_validator(), pause(None)).await.unwrap();
    rig.order(Kind::Switchover, "b").await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
    rig.order(Kind::Failover, "a").await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);

    let rig = Rig::new(Mode::Observe).await;
    rig.pass(10).await;
    assert_eq!(rig.order(Kind::Switchover, "b").await.unwrap_err().code, "mode");
}

#[tokio::test(start_paused = true)]
async fn what_was_reviewed_is_what_runs() {
    let rig = Rig::new(Mode::Advise).await;
    rig.pass(10).await;
    let plan = |rig: &Rig| {
        let (handle, cx) = (rig.handle.clone(), rig.cx.clone());
        async move { handle.plan(&main_validator(), Kind::Switchover, NodeName::new("b"), &cx).await }
    };
    let (first, second) = (plan(&rig).await.unwrap(), plan(&rig).await.unwrap());
    assert_eq!(first.digest, second.digest, "two plans for one world are equal");
    let execute = |digest: String| {
        let (handle, cx, id) = (rig.handle.clone(), rig.cx.clone(), first.id.clone());
        async move { handle.execute(&id, &digest, "tester", Some("key-1"), &cx).await }
    };
    assert_eq!(execute("0".repeat(64)).await.unwrap_err().code, "plan_stale");
    rig.pass(301).await;
    assert_eq!(execute(first.digest.clone()).await.unwrap_err().code, "plan_stale");
    plan(&rig).await.unwrap();
    let id = execute(first.digest.clone()).await.unwrap();
    assert_eq!(execute(first.digest.clone()).await.unwrap(), id, "a repeated call gets the first one's answer");
    rig.ended().await;
    assert_eq!(execute(first.digest.clone()).await.unwrap(), id);
    assert_eq!(execute("0".repeat(64)).await.unwrap_err().code, "key_reused", "the key of something else");
    assert_eq!(rig.submitted(), 1);
}

#[tokio::test(start_paused = true)]
async fn bad_orders_are_refused_by_name() {
    let rig = Rig::new(Mode::Advise).await;
    rig.pass(10).await;
    assert_eq!(rig.order(Kind::Switchover, "c").await.unwrap_err().code, "not_found");
    assert_eq!(rig.order(Kind::Switchover, "a").await.unwrap_err().code, "already_there");
    let nobody = "other".parse().unwrap();
    assert_eq!(rig.handle.validator(&nobody).unwrap_err().code, "not_found");
    rig.chain.world().drops = true;
    let running = rig.order(Kind::Switchover, "b").await.unwrap();
    assert_eq!(rig.order(Kind::Switchover, "b").await.unwrap_err().code, "conflict");
    while rig.submitted() == 0 {
        rig.pass(1).await;
    }
    assert_eq!(rig.handle.cancel(&running.id, "tester").unwrap_err().code, "past_point_of_no_return");
}

#[tokio::test(start_paused = true)]
async fn a_reload_changes_what_changed_and_waits_for_operations() {
    let rig = Rig::new(Mode::Advise).await;
    rig.pass(10).await;
    let reload = |mode| rig.handle.reload(vec![watched(&rig.chain, mode, ActLimits::default())]);
    assert!(reload(Mode::Advise).await.unwrap().is_empty());
    assert_eq!(reload(Mode::Act).await.unwrap(), ["validator.main: changed"]);
    assert_eq!(rig.status().mode, Mode::Act);
    rig.pass(10).await;
    rig.chain.world().drops = true;
    rig.order(Kind::Switchover, "b").await.unwrap();
    assert_eq!(reload(Mode::Observe).await.unwrap_err().code, "conflict");
    rig.chain.world().drops = false;
    rig.ended().await;
    assert_eq!(rig.handle.reload(Vec::new()).await.unwrap(), ["validator.main: removed"]);
    assert!(rig.handle.status().validators.is_empty());
}

#[tokio::test(start_paused = true)]
async fn events_can_be_read_in_pages_without_gaps() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    rig.chain.world().performs = false;
    rig.ended().await;
    let all = rig.handle.events(0, usize::MAX).await.unwrap();
    let mut paged = Vec::new();
    while let Some(last) =
        rig.handle.events(paged.len() as u64, 3).await.unwrap().into_iter().map(|e| paged.push(e.seq)).last()
    {
        let () = last;
    }
    assert_eq!(paged, all.iter().map(|e| e.seq).collect::<Vec<_>>());
    assert_eq!(paged, (1..=all.len() as u64).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn commands_are_numbered_on_from_one_operation_to_the_next() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    for to in ["b", "a", "b"] {
        rig.order(Kind::Switchover, to).await.unwrap();
        assert_eq!(rig.ended().await.state, OperationState::Succeeded);
    }
    let (chain, clock, journal) = rig.stop().await;
    let rig = Rig::on(chain, clock, journal, Mode::Act, ActLimits::default()).await;
    rig.pass(10).await;
    rig.order(Kind::Switchover, "a").await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
    let entries = rig.journal.replay(1).await.unwrap();
    let epochs: Vec<_> = entries
        .iter()
        .filter_map(|entry| if let Record::Intended { epoch, .. } = &entry.record { Some(*epoch) } else { None })
        .collect();
    assert!(epochs.len() >= 8, "{epochs:?}");
    assert!(epochs.windows(2).all(|pair| pair[0].token <= pair[1].token && pair[0].seq < pair[1].seq), "{epochs:?}");
}

/// On threads of their own: a status that was asked for at the moment of an append once stood in its way
/// for good, and it in the status's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_the_status_never_stands_in_the_way_of_a_record() {
    let clock: Arc<dyn Clock> = Arc::new(watchdog_core::clock::SystemClock::new());
    let chain = FakeChain::new(3);
    let store = SharedStore::new(clock.clone(), Duration::from_secs(15)).instance("one", InstanceId([1; 16]), None);
    let units = vec![watched(&chain, Mode::Observe, ActLimits::default())];
    let engine =
        Engine::open(Parameters::new("one", "0.0.0"), store.clone(), store, clock.clone(), units).await.unwrap();
    let stop = CancellationToken::new();
    let cx = Cx::root(clock, stop.clone());
    let handle = engine.handle();
    let running = tokio::spawn({
        let cx = cx.clone();
        async move { engine.run(&cx).await }
    });
    while !handle.status().lease.held {
        tokio::task::yield_now().await;
    }
    let (asking, asked) = (handle.clone(), stop.clone());
    let thread = std::thread::spawn(move || {
        while !asked.is_cancelled() {
            asking.status();
        }
    });
    for _ in 0..20_000 {
        handle.pause(&main_validator(), pause(None)).await.unwrap();
    }
    stop.cancel();
    thread.join().unwrap();
    running.await.unwrap();
}
