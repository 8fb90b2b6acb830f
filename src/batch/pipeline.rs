//! Work on several threads whose results come out in the order in which it went in.

use std::sync::mpsc::{self, Receiver};
use std::thread;

use rayon::ThreadPoolBuilder;

/// Pieces of work under way for each thread. It bounds what is held, however much work there is.
const WINDOW: usize = 8;

/// Runs `produce`, does `work` on each piece that it gives, and hands the results to `consume` in order.
///
/// `produce` gets a function that takes a piece and tells whether to go on. With one job, or if the system has no
/// threads to give, everything happens on the calling thread; with more, `consume` runs on the calling thread,
/// `produce` on one and `work` on `jobs` others.
///
/// # Errors
/// The first error of `consume`; `produce` is then told to stop.
///
/// # Panics
/// If one of the three does: on any thread, it ends like an error.
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
    let pool = (jobs > 1).then(|| ThreadPoolBuilder::new().num_threads(jobs).build());
    let Some(Ok(pool)) = pool else {
        let mut result = Ok(());
        produce(&mut |piece| {
            result = consume(work(piece));
            result.is_ok()
        });
        return result;
    };
    let work = &work;
    // A place in the line for each result, in order. The window is its length.
    let (line_up, line) = mpsc::sync_channel::<Receiver<R>>(jobs * WINDOW);
    pool.in_place_scope(|workers| {
        thread::scope(|threads| {
            threads.spawn(move || {
                produce(&mut |piece| {
                    let (tell, result) = mpsc::sync_channel(1);
                    let is_wanted = line_up.send(result).is_ok();
                    if is_wanted {
                        // Nobody may want the result any more.
                        workers.spawn(move |_| drop(tell.send(work(piece))));
                    }
                    is_wanted
                });
            });
            // A result that does not come is a panic, which the pool passes on when the rest has ended. The line ends
            // here, whatever happens: then nobody waits for a place in it.
            line.into_iter().map_while(|result| result.recv().ok()).try_for_each(consume)
        })
    })
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
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

    #[test]
    fn a_panic_anywhere_ends_it_and_is_passed_on() {
        for (jobs, place) in
            [1, 3].into_iter().flat_map(|jobs| ["produce", "work", "consume"].map(|place| (jobs, place)))
        {
            let pass = |at, n| if (at, n) == (place, 10) { resume_unwind(Box::new("on purpose")) } else { n };
            let (mut given, mut out) = (0, Vec::new());
            let result = catch_unwind(AssertUnwindSafe(|| {
                ordered(
                    jobs,
                    |give| {
                        while give(pass("produce", given)) {
                            given += 1;
                        }
                    },
                    |n| pass("work", n),
                    |n| {
                        out.push(pass("consume", n));
                        Ok::<(), ()>(())
                    },
                )
            }));
            assert!(result.is_err() && given < 200, "{place}, {jobs} jobs");
            assert_eq!(out, (0..10).collect::<Vec<_>>(), "{place}, {jobs} jobs");
        }
    }
}
