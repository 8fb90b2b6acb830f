//! Work on several threads whose results come out in the order in which it went in.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Pieces of work under way for each thread. It bounds what is held, however much work there is.
const WINDOW: usize = 8;

/// Runs `produce`, does `work` on each piece that it gives, and hands the results to `consume` in order.
///
/// `produce` gets a function that takes a piece and tells whether to go on. With one job everything happens on the
/// calling thread; with more, `consume` runs on the calling thread, `produce` on one and `work` on `jobs` others.
///
/// # Errors
/// The first error of `consume`; `produce` is then told to stop.
pub(super) fn ordered<T, R, E>(
    jobs: usize,
    produce: impl FnOnce(&mut dyn FnMut(T) -> bool) + Send,
    work: impl Fn(T) -> R + Sync,
    mut consume: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send,
    R: Send,
{
    if jobs <= 1 {
        let mut result = Ok(());
        produce(&mut |piece| {
            result = consume(work(piece));
            result.is_ok()
        });
        return result;
    }
    let window = jobs * WINDOW;
    let (send_token, take_token) = mpsc::sync_channel::<()>(window);
    let (send_work, take_work) = mpsc::sync_channel::<(u64, T)>(window);
    let (send_result, take_result) = mpsc::sync_channel::<(u64, R)>(window);
    let take_work = Mutex::new(take_work);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut number = 0;
            produce(&mut |piece| {
                let sent = send_token.send(()).is_ok() && send_work.send((number, piece)).is_ok();
                number += 1;
                sent
            });
        });
        for _ in 0..jobs {
            let (send_result, take_work, work) = (send_result.clone(), &take_work, &work);
            scope.spawn(move || {
                // The lock is held only while taking; a receiver cannot be left half-way.
                let take = || take_work.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok((number, piece)) = take() {
                    if send_result.send((number, work(piece))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send_result);
        // The receivers live in here: dropped on an error, they make every sender stop.
        in_order(take_result, take_token, &mut consume)
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the receivers must be gone when this returns")]
fn in_order<R, E>(
    results: Receiver<(u64, R)>,
    tokens: Receiver<()>,
    consume: &mut impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let (mut early, mut next) = (BTreeMap::new(), 0);
    for (number, result) in &results {
        early.insert(number, result);
        while let Some(result) = early.remove(&next) {
            next += 1;
            // A token stands for a piece that has been given and not yet consumed, so there is one.
            let _ = tokens.recv();
            consume(result)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_keep_their_order_and_no_more_than_the_window_is_under_way() {
        for jobs in [1, 2, 5] {
            let (given, largest, mut out) = (AtomicUsize::new(0), AtomicUsize::new(0), Vec::new());
            let result: Result<(), ()> = ordered(
                jobs,
                |give| (0..200_usize).all(|n| (given.fetch_add(1, Ordering::SeqCst), give(n)).1).then_some(()).unwrap(),
                |n| {
                    thread::sleep(Duration::from_micros(if n % 7 == 0 { 900 } else { 10 }));
                    n
                },
                |n| {
                    largest.fetch_max(given.load(Ordering::SeqCst) - out.len(), Ordering::SeqCst);
                    out.push(n);
                    Ok(())
                },
            );
            assert_eq!((result, out), (Ok(()), (0..200).collect()));
            assert!(largest.into_inner() <= jobs * WINDOW + 2, "{jobs} jobs");
        }
    }

    #[test]
    fn an_error_stops_everything() {
        for jobs in [1, 3] {
            let given = AtomicUsize::new(0);
            let result = ordered(
                jobs,
                |give| while give(given.fetch_add(1, Ordering::SeqCst)) {},
                |n| n,
                |n| if n < 10 { Ok(()) } else { Err(n) },
            );
            assert_eq!(result, Err(10));
            assert!(given.into_inner() < 200);
        }
    }
}
