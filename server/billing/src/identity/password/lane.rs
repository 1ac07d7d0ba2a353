//! A bounded, fair queue: so many at once, so many waiting, and networks take turns.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::LaneSize;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Lane(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    size: LaneSize,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    free: usize,
    waiting: usize,
    /// Each network that waits, once. The first in line is served next and then goes to the end.
    networks: VecDeque<(Option<IpAddr>, VecDeque<oneshot::Sender<Permit>>)>,
}

/// Gives its place to the next in line when dropped.
#[derive(Debug)]
pub(super) struct Permit(Option<Arc<Shared>>);

impl Lane {
    pub(super) fn new(size: LaneSize) -> Self {
        let queue = Queue { free: size.at_once, waiting: 0, networks: VecDeque::new() };
        Self(Arc::new(Shared { size, queue: Mutex::new(queue) }))
    }

    /// Waits in line; `None` at once when the line is full.
    pub(super) async fn permit(&self, network: Option<IpAddr>) -> Option<Permit> {
        let turn = {
            let mut queue = self.0.queue();
            if queue.free > 0 {
                queue.free -= 1;
                return Some(Permit(Some(self.0.clone())));
            }
            queue.join(network, self.0.size)?
        };
        turn.await.ok()
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn join(&mut self, network: Option<IpAddr>, size: LaneSize) -> Option<oneshot::Receiver<Permit>> {
        self.forget_left();
        let own = self.networks.iter().position(|(other, _)| *other == network);
        let waiting_here = own.and_then(|own| self.networks.get(own)).map_or(0, |(_, waiting)| waiting.len());
        if self.waiting >= size.waiting || waiting_here >= size.waiting_per_network {
            return None;
        }
        let (next, turn) = oneshot::channel();
        match own.and_then(|own| self.networks.get_mut(own)) {
            Some((_, waiting)) => waiting.push_back(next),
            None => self.networks.push_back((network, VecDeque::from([next]))),
        }
        self.waiting += 1;
        Some(turn)
    }

    /// Those who have left take up no place. The line is short, so looking through it costs little.
    fn forget_left(&mut self) {
        for (_, waiting) in &mut self.networks {
            waiting.retain(|next| !next.is_closed());
        }
        self.networks.retain(|(_, waiting)| !waiting.is_empty());
        self.waiting = self.networks.iter().map(|(_, waiting)| waiting.len()).sum();
    }

    fn next(&mut self) -> Option<oneshot::Sender<Permit>> {
        let (network, mut waiting) = self.networks.pop_front()?;
        let next = waiting.pop_front()?;
        self.waiting -= 1;
        if !waiting.is_empty() {
            self.networks.push_back((network, waiting));
        }
        Some(next)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(shared) = self.0.take() else { return };
        let mut permit = Self(Some(shared.clone()));
        loop {
            let mut queue = shared.queue();
            let Some(next) = queue.next() else {
                queue.free += 1;
                permit.0 = None;
                return;
            };
            drop(queue);
            match next.send(permit) {
                Ok(()) => return,
                // That one has left.
                Err(back) => permit = back,
            }
        }
    }
}
