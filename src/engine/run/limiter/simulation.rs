//! The limiter against partitions that take so many units a second, in simulated time.

mod world;

use std::time::Duration;

use world::World;

fn reaches(mut world: World, what: &str) -> World {
    world.run(12);
    world.count_from_here();
    world.run(20);
    let (reached, refused) = world.shares();
    eprintln!("{what}: {reached:.3} of the limit, {:.2} % refused", refused * 100.0);
    assert!(reached >= 0.95, "{what}: {reached:.3} of the limit");
    assert!(refused < 0.02, "{what}: {:.2} % refused", refused * 100.0);
    world
}

#[test]
fn a_partition_is_used_to_its_limit_and_hardly_refuses() {
    for (limit, units, latency) in [(1_000.0, 4, 12), (1_000.0, 24, 12), (1_000.0, 4, 60), (300.0, 4, 12)] {
        let mut world = World::new(1, limit, None, 32);
        (world.units, world.latency) = (units, Duration::from_millis(latency));
        reaches(world, &format!("limit {limit}, {units} units, {latency} ms"));
    }
}

#[test]
fn partitions_share_alike() {
    let world = reaches(World::new(30, 100.0, None, 128), "30 partitions");
    let taken = world.partitions.iter().map(|p| p.taken);
    let (least, most) = (taken.clone().fold(f64::INFINITY, f64::min), taken.fold(0.0, f64::max));
    assert!(least / most > 0.8, "{least} to {most} units");
}

#[test]
fn slow_partitions_are_used_to_their_limit_and_hardly_refuse() {
    for (partitions, limit) in [(1, 40.0), (1, 12.0), (8, 40.0), (100, 8.0), (100, 40.0)] {
        for burst in [1.0, 5.0] {
            let mut world = World::new(partitions, limit, None, 32);
            world.partitions.iter_mut().for_each(|partition| partition.burst = burst);
            world.run(60);
            world.count_from_here();
            world.run(120);
            let (reached, refused) = world.shares();
            let what =
                format!("{partitions} of {limit}, burst {burst}: {reached:.3}, {:.2} % refused", refused * 100.0);
            eprintln!("{what}");
            assert!(reached >= 0.95 && refused < 0.02, "{what}");
        }
    }
}

#[test]
fn a_low_limit_is_found_within_seconds() {
    for (partitions, limit) in [(1, 300.0), (1, 80.0), (1, 40.0), (8, 20.0)] {
        let mut world = World::new(partitions, limit, None, 32);
        world.run(2);
        world.count_from_here();
        world.run(8);
        let (reached, refused) = world.shares();
        assert!(reached >= 0.9 && refused < 0.1, "{partitions} of {limit}: {reached:.3}, {refused:.3} refused");
    }
}

#[test]
fn partitions_of_an_item_a_second_are_used_from_the_start() {
    let mut world = World::new(100, 4.0, None, 32);
    world.partitions.iter_mut().for_each(|partition| partition.burst = 5.0);
    world.run(20);
    world.count_from_here();
    world.run(100);
    let (reached, refused) = world.shares();
    assert!(reached >= 0.95 && refused < 0.05, "{reached:.3}, {refused:.3} refused");
}

#[test]
fn refusals_that_have_nothing_to_do_with_the_rate_do_not_stop_a_run() {
    let mut world = World::new(1, 1_000_000.0, None, 32);
    world.refused = 25;
    world.run(60);
    world.count_from_here();
    world.run(60);
    let items = world.partitions[0].taken / 60.0 / 4.0;
    assert!(items >= 10.0, "{items:.1} items a second");
}

#[test]
fn a_partition_that_took_nothing_for_a_while_is_soon_used_again() {
    for (seconds, limit, polite) in
        [(2, 1_000.0, None), (10, 1_000.0, None), (10, 200.0, None), (10, 40.0, None), (60, 200.0, Some(0.5))]
    {
        let mut world = World::new(1, limit, polite, 32);
        world.run(20);
        world.refused = 100;
        world.count_from_here();
        world.run(seconds);
        let knocks = world.partitions[0].refused;
        assert!(polite.is_some() || knocks <= 150 + 20 * seconds, "{limit}: {knocks} in vain in {seconds} s");
        world.refused = 0;
        world.run(10);
        world.count_from_here();
        world.run(20);
        let (reached, refused) = world.shares();
        let reached = reached / polite.unwrap_or(1.0);
        assert!(reached >= 0.95 && refused < 0.02, "{limit} after {seconds} s: {reached:.3}, {refused:.3} refused");
    }
}

#[test]
fn a_polite_run_keeps_to_its_share_of_a_limit_that_it_finds() {
    for limit in [300.0, 80.0, 20.0] {
        for polite in [0.25, 0.5, 0.9] {
            let mut world = World::new(1, limit, Some(polite), 32);
            world.run(15);
            world.count_from_here();
            world.run(60);
            let (reached, refused) = world.shares();
            assert!((reached / polite - 1.0).abs() < 0.05, "{limit}: {reached:.3} instead of {polite}");
            assert!(refused < 0.02, "{refused}");
        }
    }
}

#[test]
fn a_polite_run_that_is_paused_while_it_measures_measures_again() {
    let mut world = World::new(1, 80.0, Some(0.5), 32);
    world.run(1);
    world.pause(60);
    world.run(15);
    world.count_from_here();
    world.run(30);
    let (reached, _) = world.shares();
    assert!((reached / 0.5 - 1.0).abs() < 0.05, "{reached:.3} instead of 0.5");
}

#[test]
fn a_polite_run_makes_up_for_a_moment_without_answers_while_it_measures() {
    let mut world = World::new(1, 120.0, Some(0.5), 32);
    world.run(1);
    world.pause(1);
    world.run(10);
    world.count_from_here();
    world.run(30);
    let (reached, _) = world.shares();
    assert!((reached / 0.5 - 1.0).abs() < 0.05, "{reached:.3} instead of 0.5");
}

#[test]
fn a_polite_run_takes_a_slow_service_for_no_limit() {
    let mut world = World::new(1, 200.0, Some(0.5), 1);
    world.latency = Duration::from_millis(200);
    world.refused = 100;
    world.run(1);
    world.refused = 0;
    world.run(12);
    world.limiter.set(32, 0, world.now);
    world.latency = Duration::from_millis(12);
    world.run(10);
    world.count_from_here();
    world.run(30);
    let (reached, _) = world.shares();
    assert!((reached / 0.5 - 1.0).abs() < 0.05, "{reached:.3} instead of 0.5");
}

#[test]
fn a_polite_run_finds_a_limit_that_was_lowered_below_its_share() {
    let mut world = World::new(1, 1_000.0, Some(0.5), 32);
    world.run(10);
    world.partitions[0].limit = 300.0;
    world.run(10);
    world.count_from_here();
    world.run(30);
    let (reached, _) = world.shares();
    assert!((reached / 0.5 - 1.0).abs() < 0.05, "{reached:.3} instead of 0.5");
}

#[test]
fn a_limit_that_is_halved_is_found_again_and_so_is_one_that_is_doubled() {
    let mut world = World::new(1, 1_000.0, None, 64);
    world.run(20);
    world.partitions[0].limit = 500.0;
    world.count_from_here();
    world.run(5);
    let (_, refused) = world.shares();
    assert!(refused < 0.1, "{:.2} % refused while the new limit is found", refused * 100.0);
    let mut world = reaches(world, "halved");
    world.partitions[0].limit = 1_000.0;
    world.run(20);
    world.count_from_here();
    world.run(20);
    let (reached, _) = world.shares();
    assert!(reached >= 0.95, "{reached:.3} of the limit after it was doubled");
}

#[test]
fn a_polite_run_takes_its_share_and_no_more() {
    for polite in [0.25, 0.5, 0.9] {
        let mut world = World::new(1, 1_000.0, Some(polite), 32);
        world.run(5);
        world.count_from_here();
        world.run(20);
        let (reached, refused) = world.shares();
        assert!((reached / polite - 1.0).abs() < 0.05, "{reached:.3} instead of {polite}");
        assert!(refused < 0.001, "{refused}");
    }
}

#[test]
fn one_slow_partition_does_not_hold_up_the_others() {
    let mut world = World::new(4, 1_000.0, None, 64);
    world.partitions[0].limit = 20.0;
    world.run(20);
    world.count_from_here();
    world.run(30);
    let slow = world.partitions[0].taken / 30.0;
    assert!(slow >= 17.0, "{slow} units a second of 20");
    // Items come in turn, and the window of those that wait fills with the slow one's: the others have at least its pace.
    assert!(world.partitions.iter().all(|partition| partition.taken / 30.0 >= 17.0));
}
