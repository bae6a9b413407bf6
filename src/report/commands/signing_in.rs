//! Signing in on the terminal: before a command, and again where a run is paused because the session has ended.

use std::io::Write as _;

use super::{Context, Quit};
use crate::domain::run::RunId;
use crate::domain::secret::{Device, OneTimeCode};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event, RequestId, Steering};
use crate::notify::News;

/// Answers that are waited for: a mistyped one is asked for again, a refused one may lock the device a little longer.
const ATTEMPTS: usize = 3;

/// Asks for the six digits of the device on the terminal, and again where something else is typed.
///
/// # Errors
/// A [`Failure`] where nothing is typed, and after three answers that are no code.
pub async fn ask_for_code(device: &Device) -> Result<OneTimeCode, Failure> {
    let Device { profile, serial } = device;
    let mut asks =
        format!("AWS profile {profile} asks for a one-time code: type the six digits of the device {serial}");
    let mut attempt = 1;
    loop {
        let _ = std::io::stderr().write_all(format!("{asks}\n").as_bytes());
        let line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let line = line.await.ok().and_then(Result::ok).unwrap_or_default();
        match line.parse::<OneTimeCode>() {
            Ok(code) => return Ok(code),
            Err(why) if line.trim().is_empty() || attempt >= ATTEMPTS => {
                return Err(Failure::new(ErrorCode::Usage, why));
            }
            Err(why) => why.clone_into(&mut asks),
        }
        attempt += 1;
    }
}

impl Context {
    /// Nothing gets through for a run, which is paused. Where another code of the device mends it, it goes on, and the answer is `None`;
    /// otherwise it ends and can be resumed, and the answer is why.
    pub(super) async fn paused(
        &mut self,
        request: RequestId,
        run: RunId,
        failure: Box<Failure>,
    ) -> Result<Option<Box<Failure>>, Quit> {
        self.tell_of_run(News::RunPaused, Some(run), None, "paused");
        let is_about_it = matches!(failure.code, ErrorCode::Credentials | ErrorCode::SignIn);
        let is_mended = match self.device.clone().filter(|_| is_about_it) {
            Some(device) => self.signed_in_again(request, &failure, &device).await?,
            None => false,
        };
        let steering = if is_mended { Steering::Continue } else { Steering::Stop };
        self.client.send(Command::Steer { run, steering }).await?;
        Ok((!is_mended).then_some(failure))
    }

    async fn signed_in_again(&mut self, run: RequestId, failure: &Failure, device: &Device) -> Result<bool, Quit> {
        self.out.note(&format!("the run is paused, and no item has failed for it: {}", failure.message));
        for _ in 0..ATTEMPTS {
            let code = match ask_for_code(device).await {
                Ok(code) => code,
                Err(failure) => {
                    self.out.note(&failure.message);
                    return Ok(false);
                }
            };
            let request = self.client.send(Command::SignInAgain { code: Some(code) }).await?;
            let mut refused = None;
            loop {
                match self.client.event_beside(request, run).await? {
                    Event::Finished { .. } => break,
                    Event::Failed(failure) => refused = Some(failure),
                    _ => {}
                }
            }
            match refused {
                None => {
                    self.out.note("signed in: the run goes on");
                    return Ok(true);
                }
                Some(failure) => self.out.note(&failure.message),
            }
        }
        Ok(false)
    }
}
