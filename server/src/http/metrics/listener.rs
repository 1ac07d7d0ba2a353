//! Serves `GET /metrics` at an address of its own (`METRICS_LISTEN`), and nothing else there.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use color_eyre::eyre::Context;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use super::exporter::{Exporter, TEXT_FORMAT};
use crate::config::DEFAULT_METRICS_ADDRESS;

const PATH: &str = "/metrics";
/// How many scrapers may be connected. Others wait in the system's queue.
const MAX_CONNECTIONS: usize = 32;
/// How long a scraper may keep its connection.
const CONNECTION_TTL: Duration = Duration::from_mins(1);
/// How long a scrape that has begun by then may take.
const LAST_ANSWER: Duration = Duration::from_secs(10);
/// How long the accept loop pauses after an error.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Binds the address of `METRICS_LISTEN`. Without the setting the default address may be taken, by another node on the
/// machine: a warning is logged, and this node serves no metrics.
pub async fn bind(setting: Option<SocketAddr>) -> color_eyre::Result<Option<TcpListener>> {
    if let Some(address) = setting {
        let bound = TcpListener::bind(address).await;
        return bound
            .map(Some)
            .wrap_err_with(|| format!("METRICS_LISTEN is wrong: it expects a free address, and {address} is none"));
    }
    match TcpListener::bind(DEFAULT_METRICS_ADDRESS).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) => {
            tracing::warn!(%error, address = %DEFAULT_METRICS_ADDRESS, "serving no metrics: METRICS_LISTEN is not set and its default address is taken");
            Ok(None)
        }
    }
}

/// Serves until `stop`.
pub async fn serve(listener: TcpListener, exporter: Exporter, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = async {
                let slot = slots.clone().acquire_owned().await;
                (listener.accept().await, slot)
            } => accepted,
        };
        let (Ok((stream, _)), Ok(slot)) = accepted else {
            tokio::time::sleep(BACK_OFF).await;
            continue;
        };
        let (exporter, stop) = (exporter.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(CONNECTION_TTL + LAST_ANSWER) => {}
                () = serve_connection(stream, exporter) => {}
            }
            drop(slot);
        });
    }
}

async fn serve_connection(stream: TcpStream, exporter: Exporter) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let exporter = exporter.clone();
        let (head, _) = request.into_parts();
        async move { Ok::<_, Infallible>(answer(&head.method, head.uri.path(), &exporter).await) }
    });
    let mut connection = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = tokio::time::sleep(CONNECTION_TTL) => {
            // Scrapes come at fixed times, so that one may have begun just now.
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, "failed to serve a scraper");
    }
}

async fn answer(method: &Method, path: &str, exporter: &Exporter) -> Response {
    if path != PATH {
        return StatusCode::NOT_FOUND.into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let mut response = Response::new(Body::from(exporter.text().await));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_taken_address_that_was_set_is_an_error() {
        // Where this fails, another process has taken the address.
        let _taken = TcpListener::bind(DEFAULT_METRICS_ADDRESS).await;
        assert!(bind(None).await.unwrap().is_none());
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let error = bind(Some(taken.local_addr().unwrap())).await.unwrap_err();
        assert!(error.to_string().starts_with("METRICS_LISTEN is wrong"), "{error}");
    }
}
