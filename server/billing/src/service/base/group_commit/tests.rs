//! Callers that leave, batches that fail and a queue that is full.

use std::{cell::Cell, sync::Mutex};

use futures::future::join_all;
use tokio::sync::Semaphore;

use super::*;

/// The number whose batch panics.
const PANICS: u32 = u32::MAX;

struct Number(u32);

/// What was written. A batch waits for a permit of the gate.
struct Ledger {
    written: Mutex<Vec<u32>>,
    gate: Semaphore,
}

impl Ledger {
    fn with_permits(permits: usize) -> Arc<Self> {
        Arc::new(Self { written: Mutex::default(), gate: Semaphore::new(permits) })
    }

    fn written(&self) -> Vec<u32> {
        let mut written = self.written.lock().unwrap().clone();
        written.sort_unstable();
        written
    }
}

impl BatchWrite for Number {
    type Context = Ledger;
    type Answer = u32;

    const NAME: &'static str = "test";

    fn len(&self) -> usize {
        1
    }

    async fn write(ledger: &Arc<Ledger>, batch: Vec<Self>) -> Result<Vec<u32>, WriteError> {
        let _permit = ledger.gate.acquire().await.unwrap();
        let numbers: Vec<_> = batch.into_iter().map(|number| number.0).collect();
        assert!(!numbers.contains(&PANICS), "this batch fails");
        ledger.written.lock().unwrap().extend(&numbers);
        Ok(numbers)
    }
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_every_other_call_is_written() {
    const CALLS: usize = MAX_QUEUED_CALLS + MAX_BATCH_SIZE + 100;
    let (ledger, writer, sent) = (Ledger::with_permits(0), Writer::<Number>::default(), Cell::new(0));
    let calls = (0..).take(CALLS).map(|number| {
        let (ledger, writer, sent) = (&ledger, &writer, &sent);
        async move {
            sent.set(sent.get() + 1);
            writer.write(ledger, Number(number)).await
        }
    });
    let open_the_gate = async {
        while sent.get() < CALLS {
            tokio::task::yield_now().await;
        }
        ledger.gate.add_permits(1);
    };
    let (answers, ()) = tokio::join!(join_all(calls), open_the_gate);
    let refused = answers.iter().filter(|answer| **answer == Err(WriteError::NotWritten)).count();
    assert!((100..=CALLS - MAX_QUEUED_CALLS).contains(&refused), "{refused}");
    let acknowledged: Vec<_> = answers.into_iter().flatten().collect();
    assert_eq!(acknowledged.len(), CALLS - refused);
    assert_eq!(ledger.written(), acknowledged);
}

#[tokio::test]
async fn a_batch_that_panics_fails_its_callers_and_no_later_batch() {
    let (ledger, writer) = (Ledger::with_permits(1), Writer::<Number>::default());
    assert_eq!(writer.write(&ledger, Number(PANICS)).await, Err(WriteError::Unknown));
    assert_eq!(writer.write(&ledger, Number(1)).await, Ok(1));
    assert_eq!(ledger.written(), [1]);
}

#[tokio::test]
async fn a_call_whose_caller_leaves_is_written() {
    let (ledger, writer) = (Ledger::with_permits(0), Writer::<Number>::default());
    let mut call = Box::pin(writer.write(&ledger, Number(1)));
    assert!(futures::poll!(call.as_mut()).is_pending());
    drop(call);
    ledger.gate.add_permits(1);
    writer.drain().await;
    assert_eq!(ledger.written(), [1]);
}
