//! The account that the credentials belong to, asked for once.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::error::{Call, StoreError};

/// Whose credentials they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// The user or role; `None` where the profile itself names the account.
    pub arn: Option<String>,
}

/// The service that is asked, and its answer.
#[derive(Debug, Clone)]
pub(super) struct Account {
    sts: Option<aws_sdk_sts::Client>,
    known: Arc<Mutex<Option<Caller>>>,
}

impl Account {
    /// Of a profile that names its account, or of the credentials; `sts` is `None` where AWS must not be asked.
    pub(super) fn new(named: Option<String>, sts: Option<aws_sdk_sts::Client>) -> Self {
        let known = Arc::new(Mutex::new(named.map(|account| Caller { account, arn: None })));
        Self { sts, known }
    }

    /// Whose they are; a failure is no answer, so that it is asked for again.
    pub(super) async fn caller(&self) -> Result<Option<Caller>, StoreError> {
        // Held while it is asked for: whoever comes meanwhile waits for the same answer.
        let mut known = self.known.lock().await;
        if known.is_none()
            && let Some(sts) = &self.sts
        {
            let call = Call { service: "sts", operation: "GetCallerIdentity", resource: "the caller" };
            let answer = sts.get_caller_identity().send().await.map_err(|e| call.failed(e))?;
            let arn = answer.arn().map(str::to_owned);
            *known = answer.account().map(|account| Caller { account: account.to_owned(), arn });
        }
        Ok(known.clone())
    }

    /// The account alone.
    pub(super) async fn get(&self) -> Result<Option<String>, StoreError> {
        Ok(self.caller().await?.map(|caller| caller.account))
    }

    /// The account, where it is known without asking.
    pub(super) async fn known(&self) -> Option<String> {
        self.known.lock().await.as_ref().map(|caller| caller.account.clone())
    }

    /// Whether AWS is asked.
    pub(super) fn is_asked_for(&self) -> bool {
        self.sts.is_some()
    }

    /// Asks again the next time; without effect where the profile itself names the account.
    pub(super) async fn forget(&self) {
        if self.sts.is_some() {
            *self.known.lock().await = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A service that is down at first, and then answers with another account each time.
    async fn service(asked: Arc<AtomicU64>) -> aws_sdk_sts::Client {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 8192]).await;
                let n = asked.fetch_add(1, Ordering::SeqCst);
                let xml = format!(
                    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                     <Account>{n:012}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
                );
                let status = if n == 0 { "403 Forbidden" } else { "200 OK" };
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", xml.len());
                let _ = stream.write_all(format!("{head}{xml}").as_bytes()).await;
            }
        });
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .endpoint_url(url);
        aws_sdk_sts::Client::from_conf(config.build())
    }

    #[tokio::test]
    async fn the_account_is_asked_for_once_until_it_is_forgotten_and_a_failure_is_no_answer() {
        let asked = Arc::new(AtomicU64::new(0));
        let account = Account::new(None, Some(service(Arc::clone(&asked)).await));
        assert!(account.get().await.is_err());
        let (a, b) = tokio::join!(account.get(), account.get());
        assert_eq!((a.unwrap(), b.unwrap()), (Some("000000000001".to_owned()), Some("000000000001".to_owned())));
        assert_eq!(account.clone().get().await.unwrap().as_deref(), Some("000000000001"));
        account.forget().await;
        assert_eq!(account.get().await.unwrap().as_deref(), Some("000000000002"));
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn an_account_that_the_profile_names_stays() {
        let account = Account::new(Some("000000000000".to_owned()), None);
        account.forget().await;
        assert_eq!(account.get().await.unwrap().as_deref(), Some("000000000000"));
    }
}
