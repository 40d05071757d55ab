//! Many attachments, in sequence and at once. Times are printed, never asserted.

use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palan_contracts::NetworkDriver;

use super::world::*;

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    eprintln!(
        "{what}: p10 {:.2} ms, median {:.2} ms, p90 {:.2} ms",
        at(10),
        at(50),
        at(90)
    );
}

#[test]
fn two_hundred_containers_in_sequence_leave_nothing() {
    in_new_host(|world| {
        let rules = run("nft list ruleset");
        let (mut sandboxes, mut plain, mut published) = (Vec::new(), Vec::new(), Vec::new());
        let mut detached = Vec::new();
        for i in 0..200 {
            let ports = [publish("8080:80")];
            let spec = world.spec(if i % 2 == 0 { &[] } else { &ports });
            let times = if i % 2 == 0 {
                &mut plain
            } else {
                &mut published
            };
            world.wait(async {
                let start = Instant::now();
                let fd = world.driver.create_sandbox(&[]).await.expect("sandbox");
                sandboxes.push(start.elapsed());
                let start = Instant::now();
                let lease = world
                    .driver
                    .attach(fd.as_fd(), &world.network, spec)
                    .await
                    .expect("attach");
                times.push(start.elapsed());
                let start = Instant::now();
                world
                    .driver
                    .detach(&world.network, &lease)
                    .await
                    .expect("detach");
                detached.push(start.elapsed());
            });
        }
        print("create_sandbox", sandboxes);
        print("attach", plain);
        print("attach with a published port", published);
        print("detach", detached);
        let ensured = (0..50).map(|_| {
            let start = Instant::now();
            world.ensure(&world.network);
            start.elapsed()
        });
        print("ensure_network, nothing to do", ensured.collect());
        until("all interfaces are gone", || world.interfaces().is_empty());
        assert_eq!(run("nft list ruleset"), rules);
    });
}

#[test]
fn twenty_containers_at_once() {
    in_new_host(|world| {
        let rules = run("nft list ruleset");
        let world = Rc::new(world);
        let mut all = Vec::new();
        let begin = Instant::now();
        let sandboxes: Vec<_> = world.wait(async {
            let start = |i: u16| {
                let spec = world.spec(&[publish(&format!("{}:80", 9000 + i))]);
                let world = Rc::clone(&world);
                async move {
                    let start = Instant::now();
                    let fd = world.driver.create_sandbox(&[]).await.expect("sandbox");
                    let lease = world
                        .driver
                        .attach(fd.as_fd(), &world.network, spec)
                        .await
                        .expect("attach");
                    (
                        start.elapsed(),
                        Sandbox {
                            fd: Arc::new(fd),
                            lease,
                        },
                    )
                }
            };
            let futures: Vec<_> = (0..20).map(start).collect();
            join_all(futures).await
        });
        let total = begin.elapsed();
        let mut started = Vec::new();
        for (time, sandbox) in sandboxes {
            all.push(time);
            started.push(sandbox);
        }
        print("sandbox and attach with a published port, 20 at once", all);
        eprintln!("all 20 after {:.2} ms", total.as_secs_f64() * 1e3);
        for sandbox in &started {
            serve(&sandbox.fd, 80, "one");
        }
        for i in 0..20 {
            assert!(ask(&world.host, LOCALHOST, 9000 + i).is_ok(), "{i}");
        }
        for sandbox in &started {
            world.detach(sandbox);
        }
        assert_eq!(run("nft list ruleset"), rules);
    });
}

async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
