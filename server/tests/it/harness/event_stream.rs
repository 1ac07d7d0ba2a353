//! A client of a server-sent event stream.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};

use super::{Answer, Browser, PATIENCE};

pub(crate) struct EventStream {
    response: Response,
    /// The part of the stream that was received so far, or the whole response if its status is not 200.
    pub(crate) received: Answer,
}

impl EventStream {
    pub(crate) async fn at(browser: &Browser, path: &str) -> Self {
        Self::to(browser.request(Method::GET, path)).await
    }

    /// Connects and waits for the first event, or for the whole response if its status is not 200.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut stream = Self { response, received: Answer { status, headers, text: String::new() } };
        if status == 200 {
            stream.wait_for("\n\n").await;
        } else {
            stream.ends_within(PATIENCE).await;
        }
        stream
    }

    pub(crate) async fn wait_for(&mut self, what: &str) {
        let heard = async {
            while !self.received.text.contains(what) {
                assert!(self.receive_chunk().await, "it ended without {what}: {}", self.received.text);
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("timed out waiting for {what}"));
    }

    pub(crate) async fn ends_within(&mut self, span: Duration) {
        let ended = async { while self.receive_chunk().await {} };
        assert!(tokio::time::timeout(span, ended).await.is_ok(), "it did not end within {span:?}");
    }

    async fn receive_chunk(&mut self) -> bool {
        let Some(chunk) = self.response.chunk().await.unwrap() else { return false };
        self.received.text.push_str(std::str::from_utf8(&chunk).unwrap());
        true
    }
}
