//! A client of HTTP/2, for tests that are not asynchronous themselves.

use super::PATIENCE;
use bytes::Bytes;
use h2::client::SendRequest;
use http::{HeaderMap, Request, Response};
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// A connection of HTTP/2.
pub(crate) struct Http2 {
    runtime: Runtime,
    requests: SendRequest<Bytes>,
    /// Ends with the connection.
    connection: JoinHandle<Result<(), h2::Error>>,
}

/// A whole response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: Response<()>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
}

/// A request whose body is still to be sent, and its answer.
pub(crate) struct Open {
    pub(crate) body: h2::SendStream<Bytes>,
    pub(crate) response: h2::client::ResponseFuture,
}

impl Http2 {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::over(
            async move { tokio::net::TcpStream::connect(address).await.expect("the address can be connected to") },
        )
    }

    /// Over a connection that is made so.
    pub(crate) fn over<S>(connect: impl Future<Output = S>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (requests, connection) =
            runtime.block_on(async { h2::client::handshake(connect.await).await }).expect("the server speaks HTTP/2");
        let connection = runtime.spawn(connection);
        Self { runtime, requests, connection }
    }

    /// Waits for something on the connection's runtime.
    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        let waited = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await });
        waited.expect("it does not take that long")
    }

    /// Begins a request.
    pub(crate) fn open(&mut self, request: Request<()>) -> Open {
        let (response, body) = self.begin(request, false);
        Open { body, response }
    }

    fn begin(&mut self, request: Request<()>, end: bool) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        let requests = self.requests.clone();
        let mut ready = self.wait(requests.ready()).expect("the connection takes requests");
        ready.send_request(request, end).expect("the request can be sent")
    }

    /// Sends a request with a body, if there is any, and trailers, if there are any; reads the answer.
    pub(crate) fn send(
        &mut self,
        request: Request<()>,
        body: &[u8],
        trailers: Option<HeaderMap>,
    ) -> Result<Answer, h2::Error> {
        let (response, mut out) = self.begin(request, body.is_empty() && trailers.is_none());
        if !body.is_empty() {
            out.send_data(Bytes::copy_from_slice(body), trailers.is_none()).expect("the body can be sent");
        }
        if let Some(trailers) = trailers {
            out.send_trailers(trailers).expect("the trailers can be sent");
        }
        self.answer(response)
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Answer, h2::Error> {
        self.send(request("GET", path), b"", None)
    }

    /// Reads an answer.
    pub(crate) fn answer(&self, response: h2::client::ResponseFuture) -> Result<Answer, h2::Error> {
        self.wait(async {
            let (head, mut body) = response.await?.into_parts();
            let mut bytes = Vec::new();
            while let Some(data) = body.data().await {
                let data = data?;
                body.flow_control().release_capacity(data.len())?;
                bytes.extend_from_slice(&data);
            }
            let trailers = body.trailers().await?;
            Ok(Answer { head: Response::from_parts(head, ()), body: bytes, trailers })
        })
    }

    /// Waits for the end of the connection.
    pub(crate) fn end(mut self) -> Result<(), h2::Error> {
        let connection = std::mem::replace(&mut self.connection, self.runtime.spawn(async { Ok(()) }));
        self.wait(connection).expect("the connection's task does not panic")
    }
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.status().as_u16()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }
}

impl fmt::Debug for Http2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http2")
    }
}

/// A request to `a.test`.
pub(crate) fn request(method: &str, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("http://a.test{path}")).body(()).expect("a request")
}
