//! Servers that do what a test tells them to, and certificates for them. Nothing here sleeps.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod registry;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;
use tollgate_cache::Store;
use tollgate_fetch::{FetchError, Fetched, Fetcher, Settings, Source};

/// What a server was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    fields: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| &**value)
    }

    /// Method and target.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Say {
        status: u16,
        fields: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// These bytes and no more.
    Raw(Vec<u8>),
    /// Nothing, for as long as it is waited for.
    Never,
}

impl Reply {
    pub(crate) fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::Say { status: 200, fields: Vec::new(), body: body.into() }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Say { status, fields: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn to(location: impl Into<String>) -> Self {
        Self::status(302).with("location", location)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Self::Say { fields, .. } = &mut self {
            fields.push((name.to_owned(), value.into()));
        }
        self
    }
}

/// A server on a port of its own. It ends when dropped: then nobody answers there.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    gone: Arc<Mutex<bool>>,
    thread: Option<JoinHandle<()>>,
}

type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

impl Server {
    pub(crate) fn http(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, Arc::new(answer))
    }

    pub(crate) fn https(identity: &Identity, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Some(identity.config.clone()), Arc::new(answer))
    }

    fn start(tls: Option<Arc<ServerConfig>>, answer: Arc<Answer>) -> Self {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = socket.local_addr().expect("a bound socket has an address");
        let (asked, gone) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(false)));
        let (log, end) = (asked.clone(), gone.clone());
        let thread = std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                if *end.lock().unwrap() {
                    return;
                }
                let (tls, answer, log) = (tls.clone(), answer.clone(), log.clone());
                std::thread::spawn(move || match tls {
                    None => serve(stream, &*answer, &log),
                    Some(config) => {
                        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
                        serve(StreamOwned::new(connection, stream), &*answer, &log)
                    }
                });
            }
        });
        Self { address, asked, gone, thread: Some(thread) }
    }

    /// A URL of it.
    pub(crate) fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{}{path}", self.address)
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The same, methods and targets only; it is forgotten then.
    pub(crate) fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap()).iter().map(Asked::line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        *self.gone.lock().unwrap() = true;
        // So that it notices.
        let _ = TcpStream::connect(self.address);
        // The socket is closed by then.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(stream: impl Read + Write, answer: &Answer, log: &Mutex<Vec<Asked>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        match stream.read_line(&mut line) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            // What servers say to TLS where they speak none.
            Err(_) => return stream.get_mut().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut first = lines[0].split(' ').map(str::to_owned);
    let fields = lines[1..].iter().filter_map(|line| line.split_once(": "));
    let asked = Asked {
        method: first.next().unwrap_or_default(),
        target: first.next().unwrap_or_default(),
        fields: fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
    };
    log.lock().unwrap().push(asked.clone());
    let stream = match answer(&asked) {
        Reply::Say { status, fields, body } => {
            let stream = stream.get_mut();
            let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{fields}\r\n", body.len())?;
            if asked.method != "HEAD" {
                stream.write_all(&body)?;
            }
            stream
        }
        Reply::Raw(bytes) => {
            stream.get_mut().write_all(&bytes)?;
            stream.get_mut()
        }
        Reply::Never => {
            // Until the other side has had enough.
            return stream.read_until(0, &mut Vec::new()).map(|_| ());
        }
    };
    stream.flush()
}

/// An authority, and a server's certificate that it has issued.
pub(crate) struct Identity {
    folder: TempDir,
    config: Arc<ServerConfig>,
}

impl Identity {
    /// For a server of these names.
    pub(crate) fn of(names: &[&str]) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        Self { folder, config: Arc::new(config) }
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

/// Settings that wait for long, and ask for nothing but what the test says.
pub(crate) fn settings() -> Settings {
    Settings::default()
}

/// A source that is tried once.
pub(crate) fn once(uri: impl Into<String>) -> Source {
    Source { retries: 0, ..Source::new(uri) }
}

/// A source that is tried so often, quickly.
pub(crate) fn often(uri: impl Into<String>, retries: u32) -> Source {
    let base_interval = Duration::from_millis(1);
    Source { retries, base_interval, max_interval: base_interval, ..Source::new(uri) }
}

/// Fetches one module, and takes it.
pub(crate) fn fetch(settings: Settings, store: Option<&Path>, source: &Source) -> Result<Fetched, FetchError> {
    let store = store.map(|folder| Arc::new(Store::open(folder, 1 << 20).unwrap()));
    let fetcher = Fetcher::new(settings, store);
    let fetched = fetcher.fetch(std::slice::from_ref(source)).remove(0)?;
    fetcher.accept(source, &fetched);
    Ok(fetched)
}
