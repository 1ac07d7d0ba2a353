//! A page that is left open, and what it hears.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};

use super::{Answer, Browser, PATIENCE};

pub(crate) struct Listening {
    response: Response,
    /// What came so far; all of it where the answer was a refusal.
    pub(crate) so_far: Answer,
}

impl Listening {
    pub(crate) async fn at(browser: &Browser, path: &str) -> Self {
        Self::to(browser.request(Method::GET, path)).await
    }

    /// Waits for the first event.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut listening = Self { response, so_far: Answer { status, headers, text: String::new() } };
        if status == 200 {
            listening.hears("\n\n").await;
        } else {
            listening.ends_within(PATIENCE).await;
        }
        listening
    }

    pub(crate) async fn hears(&mut self, what: &str) {
        let heard = async {
            while !self.so_far.text.contains(what) {
                assert!(self.hears_more().await, "it ended without {what}: {}", self.so_far.text);
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("never heard: {what}"));
    }

    pub(crate) async fn ends_within(&mut self, span: Duration) {
        let ended = async { while self.hears_more().await {} };
        assert!(tokio::time::timeout(span, ended).await.is_ok(), "it did not end within {span:?}");
    }

    async fn hears_more(&mut self) -> bool {
        let Some(chunk) = self.response.chunk().await.unwrap() else { return false };
        self.so_far.text.push_str(std::str::from_utf8(&chunk).unwrap());
        true
    }
}
