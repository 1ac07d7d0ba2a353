//! A bounded, fair queue for permits: round robin among clients, with priority for known devices.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::ids::UserId;
use tokio::sync::oneshot;

/// The limits of a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueLimits {
    pub(crate) name: &'static str,
    pub(crate) at_once: usize,
    /// How many permits are reserved for known devices.
    pub(crate) reserved_for_known: usize,
    /// How many callers on known devices may wait, and how many other callers. Further callers are refused.
    pub(crate) waiting: usize,
    /// How many waiting callers may come from one network, or from one account's known devices.
    pub(crate) max_waiting_per_client: usize,
}

/// The client that waits for a permit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueClient {
    /// A client that is not on a known device; `None` if its network is unknown.
    Network(Option<IpAddr>),
    /// An account on a known device.
    KnownDevice(UserId),
}

/// A bounded, fair queue for permits. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct FairQueue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    size: QueueLimits,
    queue: Mutex<Queue>,
}

/// Permits in use and waiting callers, of known devices and of others.
#[derive(Debug, Default)]
struct Queue {
    known: ClientQueue,
    others: ClientQueue,
}

#[derive(Debug, Default)]
struct ClientQueue {
    in_use: usize,
    waiting: usize,
    /// Each waiting client once, with its callers. The first client is served next and then moves to the end.
    clients: VecDeque<(QueueClient, VecDeque<oneshot::Sender<Permit>>)>,
}

/// A permit in use. When it is dropped, the next waiting caller gets it.
#[derive(Debug)]
pub(crate) struct Permit {
    shared: Option<Arc<Shared>>,
    is_known: bool,
}

impl QueueClient {
    const fn is_known(&self) -> bool {
        matches!(self, Self::KnownDevice(_))
    }
}

impl FairQueue {
    pub(crate) fn new(size: QueueLimits) -> Self {
        Self(Arc::new(Shared { size, queue: Mutex::default() }))
    }

    /// Whether [`Self::permit`] would return a permit or wait for one, instead of returning `None`. Other callers may
    /// take the place before the next call.
    pub(crate) fn has_place(&self, client: &QueueClient) -> bool {
        let mut queue = self.0.queue();
        let is_known = client.is_known();
        queue.has_free_permit(is_known, self.0.size) || queue.side(is_known).has_place(client, self.0.size)
    }

    /// Waits for a permit. Returns `None` at once if the queue is full or `client` has too many waiting callers.
    pub(crate) async fn permit(&self, client: QueueClient) -> Option<Permit> {
        let is_known = client.is_known();
        let receiver = {
            let mut queue = self.0.queue();
            if queue.has_free_permit(is_known, self.0.size) {
                queue.side(is_known).in_use += 1;
                return Some(Permit { shared: Some(self.0.clone()), is_known });
            }
            queue.side(is_known).join(client, self.0.size)?
        };
        receiver.await.ok()
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    const fn side(&mut self, is_known: bool) -> &mut ClientQueue {
        if is_known { &mut self.known } else { &mut self.others }
    }

    const fn has_free_permit(&self, is_known: bool, size: QueueLimits) -> bool {
        let in_use = self.known.in_use + self.others.in_use;
        in_use < size.at_once && (is_known || self.others.in_use < size.at_once - size.reserved_for_known)
    }

    /// Removes and returns the next waiting caller for whom a permit is free, and whether the caller is on a known
    /// device. Known devices come first.
    fn next(&mut self, size: QueueLimits) -> Option<(oneshot::Sender<Permit>, bool)> {
        for is_known in [true, false] {
            if self.has_free_permit(is_known, size)
                && let Some(next) = self.side(is_known).next()
            {
                return Some((next, is_known));
            }
        }
        None
    }
}

impl ClientQueue {
    fn has_place(&mut self, client: &QueueClient, size: QueueLimits) -> bool {
        self.remove_closed();
        let waiting = self.clients.iter().find(|(other, _)| other == client).map_or(0, |(_, waiting)| waiting.len());
        self.waiting < size.waiting && waiting < size.max_waiting_per_client
    }

    fn join(&mut self, client: QueueClient, size: QueueLimits) -> Option<oneshot::Receiver<Permit>> {
        if !self.has_place(&client, size) {
            return None;
        }
        let (next, receiver) = oneshot::channel();
        match self.clients.iter_mut().find(|(other, _)| *other == client) {
            Some((_, waiting)) => waiting.push_back(next),
            None => self.clients.push_back((client, VecDeque::from([next]))),
        }
        self.waiting += 1;
        Some(receiver)
    }

    /// Removes callers that disconnected. The queue is short, so a scan is cheap.
    fn remove_closed(&mut self) {
        for (_, waiting) in &mut self.clients {
            waiting.retain(|next| !next.is_closed());
        }
        self.clients.retain(|(_, waiting)| !waiting.is_empty());
        self.waiting = self.clients.iter().map(|(_, waiting)| waiting.len()).sum();
    }

    fn next(&mut self) -> Option<oneshot::Sender<Permit>> {
        let (client, mut waiting) = self.clients.pop_front()?;
        let next = waiting.pop_front()?;
        self.waiting -= 1;
        self.in_use += 1;
        if !waiting.is_empty() {
            self.clients.push_back((client, waiting));
        }
        Some(next)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(shared) = self.shared.take() else { return };
        let mut returned_is_known = self.is_known;
        loop {
            let mut queue = shared.queue();
            queue.side(returned_is_known).in_use -= 1;
            let Some((next, is_known)) = queue.next(shared.size) else { return };
            drop(queue);
            match next.send(Self { shared: Some(shared.clone()), is_known }) {
                Ok(()) => return,
                // The next caller has disconnected: pass the permit on to the one after.
                Err(mut back) => {
                    back.shared = None;
                    returned_is_known = is_known;
                }
            }
        }
    }
}
