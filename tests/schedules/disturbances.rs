//! Schedules whose world changes meanwhile: deleted projects, a clock that is set, another server, faults, very many.

use super::*;

#[test]
fn the_daily_work_is_done_once_a_day_whatever_the_clock_does() {
    let mut world = World::at(START);
    world.create("@hourly", "UTC");
    world.start();
    let days = |world: &World| *world.notes.days.lock().unwrap();
    world.run_to(START + 23.9 * HOUR);
    assert_eq!(days(&world), 0);
    world.run_to(START + 3.5 * DAY);
    assert_eq!(days(&world), 3);
    // forward: once; back: a day from there on
    world.clock.set(START + 9.0 * DAY);
    assert_eq!(days(&world), 4);
    world.clock.set(START - 9.0 * DAY);
    world.run_to(START - 8.1 * DAY);
    assert_eq!(days(&world), 4);
    world.run_to(START - 8.0 * DAY);
    assert_eq!(days(&world), 5);
}

/// Another host changes or deletes it, and does not tell this one.

#[test]
fn what_became_of_a_schedule_meanwhile_counts() {
    let mut world = World::at(START);
    let [changed, paused, deleted] = [(); 3].map(|()| world.create("@hourly", "UTC"));
    world.start();
    world.clock.run_to(START + 0.5 * HOUR);
    world.change(changed, |what| what.cron = "5 * * * *".into());
    world.change(paused, |what| what.paused = true);
    world.store.delete_schedule(deleted).unwrap();
    assert_eq!(world.run_to(START + 1.5 * HOUR), [START + HOUR + 5.0 * MINUTE]);
}

#[test]
fn a_deleted_project_takes_its_schedules_with_it() {
    let mut world = World::at(START);
    world.create("@hourly", "UTC");
    world.start();
    world.run_to(START + HOUR);
    world.store.delete_project(world.project, world.clock.now()).unwrap();
    world.clock.run_to(START + 2.0 * HOUR);
    assert_eq!((world.clock.settled(), world.reported()), (Some(START + DAY), vec![]));
    assert_eq!(world.store.jobs().unwrap(), []);
}

#[test]
fn a_clock_that_is_set_is_noticed() {
    let mut world = World::at(START);
    let id = world.create("@hourly", "UTC");
    world.start();
    world.run_to(START + 5.0 * HOUR);
    // forward: the times in between are missed, the last one is made up for
    world.clock.set(START + 8.5 * HOUR);
    assert_eq!((world.fired(), world.missed(id)), (vec![START + 8.0 * HOUR], 3));
    world.run_jobs();
    // back a little: what ran already does not run again
    world.clock.set(START + 6.5 * HOUR);
    assert_eq!((world.fired(), world.clock.settled()), (vec![], Some(START + 9.0 * HOUR)));
    // back a lot: the clock was wrong before
    world.clock.set(START - 10.5 * HOUR);
    assert_eq!((world.fired(), world.clock.settled()), (vec![], Some(START - 10.0 * HOUR)));
    world.restart(0.0);
    assert_eq!(world.run_to(START - 9.0 * HOUR), [START - 10.0 * HOUR, START - 9.0 * HOUR]);
    // and the same while the server was down, or since a schedule was made
    let new = world.create("@hourly", "UTC");
    world.restart(-10.0 * DAY);
    let due = START - 9.0 * HOUR - 10.0 * DAY + HOUR;
    assert_eq!(world.run_to(due), [due, due]);
    assert_eq!((world.missed(id), world.missed(new)), (0, 0));
}

#[test]
fn of_two_servers_one_queues_it() {
    let mut world = World::at(START);
    let id = world.create("@hourly", "UTC");
    world.start();
    let (store, _host) = open(world.data.path());
    let (clock, notes) = (Hand::at(START), Arc::new(Notes::default()));
    let _other = Scheduler::start(store, clock.clone(), notes.clone());
    for hour in 1..20 {
        let due = START + f64::from(hour) * HOUR;
        clock.settled();
        world.clock.settled();
        clock.go_to(due);
        world.clock.go_to(due);
        clock.settled();
        world.clock.settled();
        assert_eq!(world.run_jobs(), [format!("{id} {due}")]);
    }
    let told = world.notes.told.lock().unwrap().len() + notes.told.lock().unwrap().len();
    assert_eq!((told, world.missed(id)), (19, 0));
}

#[test]
fn what_fails_is_told_once_and_tried_again() {
    let broken = |text: &str| Problem::Broken(Diagnostic::error(text));
    let mut world = World::at(START);
    let id = world.create("@hourly", "UTC");
    world.start();
    // the store comes back after some attempts
    let other = rusqlite::Connection::open(world.data.path().join("telefonist.db")).unwrap();
    other.execute_batch("ALTER TABLE schedules RENAME TO gone").unwrap();
    let due = START + HOUR;
    world.clock.run_to(due);
    for wait in [1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 123.0, 183.0] {
        let until = due + wait * 1000.0;
        assert_eq!(world.clock.settled(), Some(until));
        world.clock.run_to(until);
    }
    assert_eq!((world.reported().len(), world.fired()), (1, vec![]));
    other.execute_batch("ALTER TABLE gone RENAME TO schedules").unwrap();
    world.clock.run_to(due + 4.0 * MINUTE + 3000.0);
    assert_eq!((world.fired(), world.missed(id)), (vec![due], 1));
    world.run_jobs();
    // a job that can't be made now is made later, and keeps no other from running
    let other = world.create("0 2 1 * *", "UTC");
    *world.notes.problems.lock().unwrap() = vec![broken("b"), broken("a"), broken("a")];
    world.clock.go_to(START + 2.0 * HOUR);
    world.clock.settled();
    assert_eq!((world.fired(), world.reported()), (vec![], vec!["a".to_string()]));
    world.clock.run_to(START + 2.0 * HOUR + 1000.0);
    assert_eq!((world.fired(), world.reported()), (vec![START + 2.0 * HOUR], vec!["b".to_string()]));
    world.clock.run_to(START + 2.0 * HOUR + 3000.0);
    assert_eq!((world.fired(), world.missed(id), world.missed(other)), (vec![START + 2.0 * HOUR], 0, 0));
    world.run_jobs();
    // one that can never be made is missed
    *world.notes.problems.lock().unwrap() = vec![Problem::Invalid(Diagnostic::error("no test is left"))];
    world.clock.run_to(START + 3.0 * HOUR);
    assert_eq!(world.reported(), [format!("the schedule {id} could not run: no test is left")]);
    assert_eq!((world.fired(), world.missed(id), world.clock.settled()), (vec![], 1, Some(START + 4.0 * HOUR)));
}

#[test]
fn a_schedule_that_can_not_be_read_is_told_of_once_and_stops_no_other() {
    let mut world = World::at(START);
    let wrong = NewSchedule { cron: "0 99 * * *".into(), ..world.says("@hourly", "UTC") };
    let id = world.store.create_schedule(&wrong, START).unwrap().id;
    world.create("@hourly", "UTC");
    world.start();
    world.run_to(START + 3.0 * HOUR);
    assert_eq!(world.reported(), [format!("the schedule {id} never runs: the field `hour` says `99`")]);
}

#[test]
fn ten_thousand_schedules_are_seen_to_in_one_turn_each() {
    let mut world = World::at(START);
    let mut other = rusqlite::Connection::open(world.data.path().join("telefonist.db")).unwrap();
    let all = other.transaction().unwrap();
    let row = "INSERT INTO schedules (project, cron, zone, paused, created, missed) VALUES (?1, ?2, ?3, 0, ?4, 0)";
    for n in 0..10_000 {
        let cron = format!("{} {} {} * *", n % 60, 2 + n % 22, 1 + n % 28);
        let zone = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"][n % 4];
        all.execute(row, (world.project, cron, zone, START)).unwrap();
    }
    all.commit().unwrap();
    let soon = world.create("0 0,1 * * *", "UTC");
    world.start();
    let next = world.clock.settled().unwrap();
    assert!(next <= START + HOUR);
    let before = world.clock.state.lock().unwrap().slept;
    let fired = world.run_to(START + 8.0 * HOUR);
    // each turn has a time of its own
    let mut times = fired.clone();
    times.dedup();
    assert_eq!(world.clock.state.lock().unwrap().slept - before, times.len() as u32);
    assert!(fired.len() > 20 && fired.is_sorted(), "{}", fired.len());
    assert_eq!((world.missed(soon), world.reported()), (0, vec![]));
}
