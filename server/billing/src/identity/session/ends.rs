//! Notifies streams on this node that sessions of their user have ended.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::ids::UserId;
use tokio::sync::watch;

/// Notifies listeners that a user's sessions have ended. Holds only users with listeners. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct SessionEnds(Arc<Mutex<HashMap<UserId, watch::Sender<()>>>>);

/// Listens for the end of a user's sessions until it is dropped.
#[derive(Debug)]
pub struct SessionEndListener {
    ends: SessionEnds,
    person: UserId,
    receiver: watch::Receiver<()>,
}

impl SessionEnds {
    /// Returns a listener for the notifications about `person` from now on.
    pub fn of(&self, person: &UserId) -> SessionEndListener {
        let receiver = self.people().entry(person.clone()).or_default().subscribe();
        SessionEndListener { ends: self.clone(), person: person.clone(), receiver }
    }

    /// Notifies that some or all of a user's sessions have ended in the store: each listener checks its session again.
    pub fn notify(&self, person: &UserId) {
        if let Some(waiting) = self.people().get(person) {
            waiting.send_replace(());
        }
    }

    fn people(&self) -> MutexGuard<'_, HashMap<UserId, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionEndListener {
    /// Waits for the next notification. A notification that came since the last call is not lost. Cancel safe.
    pub async fn notified(&mut self) {
        // The sender lives as long as its listeners, so this error does not occur.
        if self.receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for SessionEndListener {
    fn drop(&mut self) {
        let mut people = self.ends.people();
        // The count still includes this listener.
        if people.get(&self.person).is_some_and(|waiting| waiting.receiver_count() == 1) {
            people.remove(&self.person);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn listeners_are_notified_only_of_their_users_sessions() {
        let ends = SessionEnds::default();
        let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
        ends.notify(&ada);
        let (mut of_ada, mut also_of_ada, mut of_bob) = (ends.of(&ada), ends.of(&ada), ends.of(&bob));
        assert!(of_ada.notified().now_or_never().is_none(), "what ended before is no news");
        ends.notify(&ada);
        of_ada.notified().await;
        also_of_ada.notified().await;
        assert!(of_ada.notified().now_or_never().is_none() && of_bob.notified().now_or_never().is_none());
        drop(of_ada);
        ends.notify(&ada);
        also_of_ada.notified().await;
        drop((also_of_ada, of_bob));
        assert!(ends.people().is_empty());
    }
}
