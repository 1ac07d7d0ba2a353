//! An HTTP client with cookies that does not follow redirects.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{LazyLock, Mutex},
    time::Duration,
};

use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{self, HeaderMap, HeaderValue},
    redirect::Policy,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{APP_URL, openapi};

/// A browser of a user, or a script that sends a key.
#[derive(Debug)]
pub(crate) struct Browser {
    client: Client,
    address: SocketAddr,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub(crate) fn at(address: SocketAddr) -> Self {
        let client = Client::builder().redirect(Policy::none()).timeout(Duration::from_mins(1)).build().unwrap();
        Self { client, address, cookies: Mutex::default() }
    }

    /// A client that sends a bearer key with every request.
    pub(crate) fn with_key(address: SocketAddr, key: &str) -> Self {
        let bearer = HeaderValue::from_str(&format!("Bearer {key}")).unwrap();
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]);
        let client = Client::builder().redirect(Policy::none()).timeout(Duration::from_mins(1));
        Self { client: client.default_headers(headers).build().unwrap(), address, cookies: Mutex::default() }
    }

    /// A copy of this browser, with its cookies, that connects to another address.
    pub(crate) fn with_address(&self, address: SocketAddr) -> Self {
        let cookies = self.cookies.lock().unwrap().clone();
        Self { client: self.client.clone(), address, cookies: Mutex::new(cookies) }
    }

    /// Builds a request with this browser's cookies, to a path or to a URL under [`APP_URL`].
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = path.strip_prefix(APP_URL).unwrap_or(path);
        let request = self.client.request(method, format!("http://{}{path}", self.address));
        match self.cookie_line() {
            Some(cookies) => request.header(header::COOKIE, cookies),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn post_keyed(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// Posts a chunked body without `Content-Length`, and returns the raw response.
    pub(crate) async fn post_chunked(&self, path: &str, body: &[u8]) -> String {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: dues.test\r\nconnection: close\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\n\r\n{:x}\r\n",
            body.len()
        );
        let request = [head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat();
        connection.write_all(&request).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Posts a form as a browser without JavaScript does, from a page that names the current user and workspace.
    pub(crate) async fn submit(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let path = format!("{path}{}", self.drawn_for().await);
        self.submit_to(&path, form).await
    }

    /// Returns the query in the form actions of a page that is rendered now: it names the current user and workspace.
    /// The query is empty without a session.
    pub(crate) async fn drawn_for(&self) -> String {
        if self.cookie_line().is_none() {
            return String::new();
        }
        let me = self.get("/api/v1/auth/me").await;
        if me.status != 200 {
            return String::new();
        }
        let me = me.json();
        let carried = [("tenant", "tenantId"), ("user", "userId")];
        let pairs: Vec<_> =
            carried.iter().filter_map(|(name, key)| Some(format!("{name}={}", me[key].as_str()?))).collect();
        format!("?{}", pairs.join("&"))
    }

    /// Posts a form to exactly this path and query.
    pub(crate) async fn submit_to(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).header(header::ACCEPT, "text/html").form(form)).await
    }

    /// Sends the request, checks the response against `/openapi.json`, and stores its cookies.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let (method, url) = (request.method().clone(), request.url().clone());
        let answer = Answer::read(self.client.execute(request).await.unwrap()).await;
        openapi::assert_documented(&method, &url, &answer);
        for line in answer.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if value.is_empty() || line.to_ascii_lowercase().contains("max-age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// Returns `data` of `GET /api/v1/billing/status`.
    pub(crate) async fn status(&self) -> Value {
        let mut answer = self.get("/api/v1/billing/status").await.expect(200);
        answer["data"].take()
    }

    fn cookie_line(&self) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// A complete response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }

    /// Returns the JSON body; panics unless the response has this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:#?}");
        self.json()
    }

    /// Returns the target of a redirect; panics unless the status is 303.
    #[track_caller]
    pub(crate) fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{self:#?}");
        self.header("location").unwrap()
    }

    /// Returns the body; panics unless this is an error in the contract's shape with this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        static NAMES: LazyLock<[&str; 3]> = LazyLock::new(|| ["error", "code", "message"]);
        assert_eq!(self.status, status, "{self:#?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:#?}");
        assert!(self.header("x-request-id").is_some_and(|id| !id.is_empty()), "{self:#?}");
        let body = self.json();
        for name in *NAMES {
            assert!(body[name].as_str().is_some_and(|text| !text.is_empty()), "no {name} in {body}");
        }
        assert_eq!(body["code"], code, "{body}");
        body
    }

    /// Returns the body; panics unless this is a validation error that names `field`.
    #[track_caller]
    pub(crate) fn refused_field(&self, field: &str) -> Value {
        let body = self.refused(400, "validation_error");
        assert!(body["fields"][field].is_string(), "{field} is not named in {body}");
        body
    }
}
