//! A case run at an Envoy, told as a story.

use super::log::Line;
use super::peers::{self, Client, Shared, Upstream};
use super::process::Envoy;
use super::story::{Crossing, Part, Peer, Story};
use super::{config, ours};
use crate::case::{Case, HeadersStep, Message, Step};
use crate::run::Facts;
use anyhow::{Context as _, bail};
use bytes::Bytes;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tollgate_testkit::rig::Side;

/// How long what a plugin leaves behind may take to go.
const FAREWELL: Duration = Duration::from_millis(400);

/// How long an upstream waits for a request that has not come.
const LATE: Duration = Duration::from_millis(60);

/// What running a case at Envoy gave.
pub(super) enum Outcome {
    /// It ran, with peers at these addresses.
    Told(Box<Story>, Facts),
    /// The process has ended.
    Died,
}

/// Runs cases at one Envoy after the other: a new one when the old one is not as it was.
pub(super) struct Driver<'a> {
    binary: &'a Path,
    upstream: Upstream,
    envoy: Option<Envoy>,
    listeners: usize,
}

impl<'a> Driver<'a> {
    /// Without an Envoy yet.
    ///
    /// # Errors
    ///
    /// The upstream cannot listen.
    pub(super) async fn new(binary: &'a Path) -> anyhow::Result<Self> {
        Ok(Self { binary, upstream: Upstream::listen().await?, envoy: None, listeners: 0 })
    }

    /// Runs a case with modules for its plugins.
    ///
    /// # Errors
    ///
    /// The case cannot be put on the wire, or Envoy does not answer.
    pub(super) async fn run(&mut self, case: &Case, modules: &[Vec<u8>]) -> anyhow::Result<Outcome> {
        // What a process shares outlives the plugins that made it.
        let shares = |text: String| ["_metric ", "_shared_"].iter().any(|part| text.contains(part));
        let alone = case.header.plugin.iter().filter_map(|plugin| case.guest(plugin).ok()).any(shares);
        let mut envoy = match self.envoy.take().filter(|_| !alone) {
            Some(envoy) => envoy,
            None => self.start().await?,
        };
        self.listeners += 1;
        let name = format!("case-{}", self.listeners);
        let mut run = Run::new(&mut envoy, self.upstream.clone(), name);
        let told = run.tell(case, modules).await;
        let as_it_was = run.clean && !alone;
        if !envoy.is_alive() {
            return Ok(Outcome::Died);
        }
        let told = told?;
        if as_it_was {
            self.envoy = Some(envoy);
        }
        Ok(told)
    }

    /// A new Envoy that has already connected to the upstream, so that no case has to wait for that.
    async fn start(&mut self) -> anyhow::Result<Envoy> {
        let mut envoy = Envoy::start(self.binary, self.upstream.address, self.upstream.called).await?;
        envoy.listen(Some(config::plain("plain")))?;
        let mut lines = Vec::new();
        if !envoy.wait(&mut lines, Envoy::patience(), |line| line.serves("plain")).await? {
            bail!("Envoy does not take a listener");
        }
        let seen = Shared::default();
        self.upstream.begin(&seen);
        let mut client = Client::connect(envoy.address_of("plain").await?, &seen).await?;
        let called = (format!("/{}", config::CALLED), peers::call(1));
        for (path, stream) in [("/", ""), ("/other", ""), (&*called.0, &*called.1)] {
            client.headers("", "GET", path, &[], true).await?;
            let mut waited = 0;
            while !self.upstream.is_asked(stream) {
                waited += 1;
                if waited > 1000 {
                    bail!("Envoy does not ask the upstream");
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            self.upstream.headers(stream, 200, &[], true)?;
            settle(&mut client, &self.upstream).await;
            self.upstream.begin(&seen);
        }
        envoy.listen(None)?;
        envoy.wait(&mut lines, Envoy::patience(), |line| line.gone("plain")).await?;
        Ok(envoy)
    }
}

/// Returns once Envoy has done with what was sent to it, and the peers have what it has sent.
async fn settle(client: &mut Client, upstream: &Upstream) {
    for _ in 0..2 {
        client.settle().await;
        upstream.settle().await;
    }
    client.settle().await;
}

/// One run.
struct Run<'a> {
    envoy: &'a mut Envoy,
    upstream: Upstream,
    /// Name of the listener.
    name: String,
    seen: Shared,
    lines: Vec<Line>,
    /// When each chapter has begun, and its title.
    chapters: Vec<(u128, String)>,
    streams: Vec<String>,
    /// Streams whose client has gone away, each with the chapter.
    hung_up: Vec<(String, usize)>,
    /// Metrics, each with the chapter in which they were looked at.
    metrics: Vec<(usize, Vec<String>)>,
    /// Nothing is left behind.
    clean: bool,
}

impl<'a> Run<'a> {
    fn new(envoy: &'a mut Envoy, upstream: Upstream, name: String) -> Self {
        let seen = Shared::default();
        let (lines, chapters, streams, hung_up) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { envoy, upstream, name, seen, lines, chapters, streams, hung_up, metrics: Vec::new(), clean: false }
    }

    fn begin(&mut self, title: impl Into<String>) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        peers::set_step(&self.seen, self.chapters.len());
        self.chapters.push((now, title.into()));
    }

    async fn tell(&mut self, case: &Case, modules: &[Vec<u8>]) -> anyhow::Result<Outcome> {
        // What an earlier case has left in the log is not this one's.
        self.envoy.log()?;
        self.upstream.begin(&self.seen);
        self.begin("start");
        self.envoy.listen(Some(config::listener(&self.name, case, modules)))?;
        let name = self.name.clone();
        let mut lines = Vec::new();
        let decided = |line: &Line| line.serves(&name) || line.refuses(&name);
        if !self.envoy.wait(&mut lines, Envoy::patience(), decided).await? {
            if !self.envoy.is_alive() {
                return Ok(Outcome::Died);
            }
            bail!("Envoy does not take the listener: {}", lines.last().map_or("", |line| &line.message));
        }
        let refused = lines.iter().any(|line| line.refuses(&name));
        self.lines = lines;
        if refused {
            self.clean = self.part().await?;
            return Ok(Outcome::Told(Box::new(self.refusal()), Facts::default()));
        }
        let destination = self.envoy.address_of(&self.name).await?;
        let mut client = Client::connect(destination, &self.seen).await?;
        client.settle().await;
        for (index, step) in case.header.dialogue.iter().enumerate() {
            if let Some(title) = ours::title(index + 1, step) {
                self.begin(title);
            }
            self.step(step, &mut client).await?;
        }
        self.begin(ours::END);
        for stream in self.streams.clone() {
            self.finish(&stream, &mut client).await;
        }
        let source = client.address;
        self.begin(ours::STOP);
        self.clean = self.part().await?;
        drop(client);
        if !self.envoy.is_alive() {
            return Ok(Outcome::Died);
        }
        let upstream = self.upstream.address;
        let upstream_local = self.upstream.local().unwrap_or(upstream);
        Ok(Outcome::Told(
            Box::new(self.story()),
            Facts { source, destination, upstream, upstream_local, protocol: "HTTP/2" },
        ))
    }

    /// Takes the listener away. False if something of it is left.
    async fn part(&mut self) -> anyhow::Result<bool> {
        let had_vms = self.lines.iter().any(Line::begins_vm);
        let gone = self.lines.iter().any(Line::last_vm_gone);
        let (name, mut lines) = (self.name.clone(), Vec::new());
        let serving = self.lines.iter().any(|line| line.serves(&name));
        self.envoy.listen(None)?;
        let clean = if !serving {
            // Nothing says that an update without a change has been read.
            !had_vms || gone || self.envoy.wait(&mut lines, FAREWELL, Line::last_vm_gone).await?
        } else if had_vms {
            self.envoy.wait(&mut lines, FAREWELL, Line::last_vm_gone).await?
        } else {
            self.envoy.wait(&mut lines, Envoy::patience(), |line| line.gone(&name)).await?
        };
        self.lines.extend(lines);
        Ok(clean)
    }

    async fn step(&mut self, step: &Step, client: &mut Client) -> anyhow::Result<()> {
        if let Some(milliseconds) = step.advance {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            settle(client, &self.upstream).await;
            return Ok(());
        }
        let stream = step.stream.clone().unwrap_or_default();
        if step.wake.is_some() || step.mail.is_some() {
            settle(client, &self.upstream).await;
        } else if let Some(message) = &step.request {
            self.message(&stream, Side::Client, message, client).await?;
        } else if let Some(message) = &step.response {
            self.message(&stream, Side::Upstream, message, client).await?;
        } else if let Some(headers) = &step.request_headers {
            self.headers(&stream, Side::Client, headers, client).await?;
        } else if let Some(headers) = &step.response_headers {
            self.headers(&stream, Side::Upstream, headers, client).await?;
        } else if let Some(body) = &step.request_body {
            self.body(&stream, Side::Client, body.data.bytes(), body.end, client).await;
        } else if let Some(body) = &step.response_body {
            self.body(&stream, Side::Upstream, body.data.bytes(), body.end, client).await;
        } else if let Some(trailers) = &step.request_trailers {
            self.trailers(&stream, Side::Client, &trailers.fields, client).await?;
        } else if let Some(trailers) = &step.response_trailers {
            self.trailers(&stream, Side::Upstream, &trailers.fields, client).await?;
        } else if let Some(response) = &step.http_call_response {
            let call = peers::call(response.call);
            let response = Message {
                status: Some(response.status),
                headers: response.headers.clone(),
                body: response.body.iter().cloned().collect(),
                trailers: response.trailers.clone(),
                ..Message::default()
            };
            self.message(&call, Side::Upstream, &response, client).await?;
        } else if step.metrics.is_some() {
            let values = self.envoy.metrics().await?;
            self.metrics.push((self.chapters.len().saturating_sub(1), values));
        } else if step.hang_up.is_some() || step.finish.is_some() {
            self.finish(&stream, client).await;
        } else {
            bail!("a step that cannot be put on the wire: {step:?}");
        }
        Ok(())
    }

    async fn message(
        &mut self,
        stream: &str,
        side: Side,
        message: &Message,
        client: &mut Client,
    ) -> anyhow::Result<()> {
        let headers = HeadersStep {
            method: message.method.clone(),
            path: message.path.clone(),
            status: message.status,
            headers: message.headers.clone(),
            end: message.body.is_empty() && message.trailers.is_empty(),
        };
        if !self.headers(stream, side, &headers, client).await? {
            return Ok(());
        }
        let pieces = message.body.len();
        for (number, piece) in message.body.iter().enumerate() {
            let last = number + 1 == pieces && message.trailers.is_empty() && !message.end_alone;
            self.body(stream, side, piece.bytes(), last, client).await;
        }
        if message.end_alone && message.trailers.is_empty() {
            self.body(stream, side, Bytes::new(), true, client).await;
        }
        if !message.trailers.is_empty() {
            self.trailers(stream, side, &message.trailers, client).await?;
        }
        Ok(())
    }

    /// False if there is nobody to send them: an upstream that was not asked has nothing to answer.
    async fn headers(
        &mut self,
        stream: &str,
        side: Side,
        step: &HeadersStep,
        client: &mut Client,
    ) -> anyhow::Result<bool> {
        if side == Side::Client {
            self.streams.retain(|known| known != stream);
            self.streams.push(stream.to_owned());
            let (method, path) = (step.method.as_deref().unwrap_or("GET"), step.path.as_deref().unwrap_or("/"));
            client.headers(stream, method, path, &step.headers, step.end).await?;
        } else {
            if !self.upstream.is_asked(stream) {
                tokio::time::sleep(LATE).await;
                settle(client, &self.upstream).await;
            }
            if !self.upstream.is_asked(stream) {
                return Ok(false);
            }
            let status = u16::try_from(step.status.unwrap_or(200)).context("a status of 16 bits")?;
            self.upstream.headers(stream, status, &step.headers, step.end)?;
        }
        settle(client, &self.upstream).await;
        Ok(true)
    }

    async fn body(&mut self, stream: &str, side: Side, data: Bytes, end: bool, client: &mut Client) {
        match side {
            Side::Client => client.body(stream, data, end),
            Side::Upstream => self.upstream.body(stream, data, end),
        }
        settle(client, &self.upstream).await;
    }

    async fn trailers(
        &mut self,
        stream: &str,
        side: Side,
        fields: &[(String, String)],
        client: &mut Client,
    ) -> anyhow::Result<()> {
        let fields = peers::map(fields)?;
        match side {
            Side::Client => client.trailers(stream, fields),
            Side::Upstream => self.upstream.trailers(stream, fields),
        }
        settle(client, &self.upstream).await;
        Ok(())
    }

    /// The client goes away, unless it has everything.
    async fn finish(&mut self, stream: &str, client: &mut Client) {
        if !peers::has_ended(&self.seen, stream, Peer::Client) {
            client.hang_up(stream);
            self.hung_up.push((stream.to_owned(), self.chapters.len()));
            settle(client, &self.upstream).await;
        }
    }

    /// The story of a run: what crossed on the thread that serves, and what the peers saw.
    fn story(&mut self) -> Story {
        let mut story = Story::default();
        for (_, title) in &self.chapters {
            story.begin(title.clone());
        }
        let main = self.envoy.main_thread();
        for line in self.lines.iter().filter(|line| line.thread != main) {
            let Some(crossing) = line.crossing() else { continue };
            let chapter = self.chapters.iter().rposition(|(at, _)| *at <= line.at).unwrap_or(0);
            if let Some(chapter) = story.chapters.get_mut(chapter) {
                chapter.crossings.push(crossing);
            }
        }
        for (chapter, values) in std::mem::take(&mut self.metrics) {
            if let Some(chapter) = story.chapters.get_mut(chapter) {
                chapter.metrics = values;
            }
        }
        for (step, stream, peer, part) in peers::take(&self.seen) {
            // Who goes away is not told that the stream is broken off.
            let after = |(name, at): &(String, usize)| *name == stream && *at <= step + 1;
            if part == Part::Reset && self.hung_up.iter().any(after) {
                continue;
            }
            if let Some(chapter) = story.chapters.get_mut(step) {
                chapter.parts.entry((stream, peer)).or_default().push(part);
            }
        }
        story
    }

    /// The story of a refusal: what crossed in the VM that was tried last, on the main thread.
    fn refusal(&self) -> Story {
        let mut story = Story { refused: true, ..Story::default() };
        let mut crossings: Vec<Crossing> = Vec::new();
        let mut begun = false;
        for line in &self.lines {
            begun |= line.begins_vm();
            // A VM in which nothing crosses is none that was tried: Envoy remembers what it has refused.
            let Some(crossing) = line.crossing() else { continue };
            if std::mem::take(&mut begun) {
                crossings.clear();
            }
            crossings.push(crossing);
        }
        story.chapter().crossings = crossings;
        story.missing = self.lines.iter().find_map(Line::missing_import);
        story
    }
}
