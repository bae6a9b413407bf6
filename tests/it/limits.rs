//! Runs before a store that keeps to DynamoDB's limits: they find the limit, use it, share it, and leave what they are to leave.

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::error::{
    ProvisionedThroughputExceededException, RequestLimitExceeded, ThrottlingException,
};
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use tenantry::config::plan::parse;
use tenantry::domain::run::Outcome;
use tenantry::engine::protocol::{Command, Event};

use crate::support::limits::{Limits, Rules, TableRule, Tally};
use crate::support::{Driver, Stack};

const DATA: &str = "dev-shop-product-data";
/// Units of an item in each of its tables.
const UNITS: f64 = 2.0;

fn pks(tenants: usize) -> Vec<String> {
    (0..tenants).map(|n| format!("PRODUCT#t{n:02}")).collect()
}

async fn before(stack: &Stack, rules: Rules) -> Limits {
    Limits::before(stack.profile.endpoints.dynamodb.as_deref().unwrap(), rules).await.unwrap()
}

/// Rows for some tenants, in turn or tenant by tenant.
struct Rows {
    tenants: usize,
    each: usize,
    in_turn: bool,
}

impl Rows {
    fn in_turn(tenants: usize, each: usize) -> Self {
        Self { tenants, each, in_turn: true }
    }

    fn text(&self) -> String {
        let mut text = "sourcePk,sourceSk,code,name,attributes,targetTenantCode\n".to_owned();
        for at in 0..self.tenants * self.each {
            let (i, n) =
                if self.in_turn { (at / self.tenants, at % self.tenants) } else { (at % self.each, at / self.each) };
            text.push_str(&format!("PRODUCT#a,P-{i:04},P-{i:04},n,{{}},t{n:02}\n"));
        }
        text
    }
}

/// Imports them, every one of which must be done; once so many are written, something happens.
async fn imported(rules: Rules, rows: Rows, run: &str, (at, then): (usize, fn(&Limits))) -> Tally {
    let stack = Stack::new().await;
    let limits = before(&stack, rules).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(limits.endpoint.clone());
    let dir = tempfile::TempDir::new().unwrap();
    std::fs::write(dir.path().join("in.csv"), rows.text()).unwrap();
    let text = format!("name = \"in\"\noperation = \"import\"\n[source]\nfile = \"in.csv\"\n[run]\n{run}\n");
    let plan = Box::new(parse(&dir.path().join("plan.toml"), &text).unwrap());
    let mut driver = Driver::at(profile, stack.state.path());
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
    let mut done = 0;
    loop {
        match driver.event(request).await {
            Event::ApprovalNeeded(batch) => driver.approve_rest(&batch).await,
            Event::Item(item) => {
                assert_eq!(item.outcome, Some(Outcome::Done), "{item:?}");
                done += 1;
                if done == at {
                    then(&limits);
                }
            }
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } => break,
            _ => {}
        }
    }
    assert_eq!(done, rows.tenants * rows.each);
    let counted = driver.handle.counters.borrow().throttled;
    driver.leave().await;
    let tally = limits.tally();
    assert_eq!(counted, tally.whole(0, usize::MAX).refused, "the run counts its refusals");
    tally
}

const NOTHING: (usize, fn(&Limits)) = (usize::MAX, |_| {});

/// From so many seconds after the first write to the end of the first partition that is done.
fn later(tally: &Tally, pks: &[String], seconds: usize) -> (usize, usize) {
    let (from, to) = tally.all_active(DATA, pks);
    (from + seconds * 10, to)
}

/// How often a figure is measured at most: a machine that others use may be slower than the limit.
const ATTEMPTS: usize = 3;

/// Measures until the figures are as wanted.
async fn measured(mut measure: impl AsyncFnMut() -> (bool, String)) {
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        let (is_wanted, figures) = measure().await;
        if is_wanted {
            return;
        }
        seen.push(figures);
    }
    panic!("{seen:?}");
}

#[tokio::test]
async fn a_run_finds_the_limit_of_its_partition_and_keeps_to_it() {
    let pks = pks(1);
    measured(async || {
        let tally = imported(Rules::writing(80.0), Rows::in_turn(1, 360), "", NOTHING).await;
        let figures = tally.figures(DATA, &pks, 80.0, later(&tally, &pks, 3));
        let settled = tally.settled(DATA, &pks, 80.0, tally.all_active(DATA, &pks));
        let is_found = settled.is_some_and(|seconds| seconds < 6.0);
        (figures.share >= 0.85 && figures.refused < 0.1 && is_found, format!("{figures:?} {settled:?}"))
    })
    .await;
}

#[tokio::test]
async fn each_partition_gets_its_own_limit() {
    let pks = pks(5);
    measured(async || {
        let tally = imported(Rules::writing(20.0), Rows::in_turn(5, 80), "", NOTHING).await;
        let figures = tally.figures(DATA, &pks, 20.0, later(&tally, &pks, 3));
        let is_wanted = figures.share >= 0.85 && figures.refused < 0.1 && figures.fairness >= 0.7;
        (is_wanted, format!("{figures:?}"))
    })
    .await;
}

#[tokio::test]
async fn tenants_that_come_one_after_another_are_written_at_once_where_a_partition_holds_the_run_up() {
    let rows = Rows { tenants: 3, each: 300, in_turn: false };
    let tally = imported(Rules::writing(40.0), rows, "canary = 1\nbatch = 1_000", NOTHING).await;
    let spans: Vec<(usize, usize)> = pks(3).iter().map(|pk| tally.active(DATA, pk).unwrap()).collect();
    let (last_begun, first_done) = (spans.iter().map(|s| s.0).max(), spans.iter().map(|s| s.1).min());
    assert!(last_begun < first_done, "{spans:?}");
}

#[tokio::test]
async fn a_polite_run_takes_its_share_of_what_a_partition_was_found_to_take() {
    let pks = pks(1);
    measured(async || {
        let tally = imported(Rules::writing(80.0), Rows::in_turn(1, 200), "polite = 0.5", NOTHING).await;
        let figures = tally.figures(DATA, &pks, 80.0, later(&tally, &pks, 3));
        ((0.425..=0.575).contains(&figures.share) && figures.refused < 0.1, format!("{figures:?}"))
    })
    .await;
}

fn provisioned(write: f64) -> TableRule {
    TableRule::Provisioned { write, read: 1_000.0 }
}

#[tokio::test]
async fn a_table_that_is_halved_is_found_again() {
    let pks = pks(1);
    measured(async || {
        let rules = Rules { table: provisioned(80.0), ..Rules::default() };
        let halve: fn(&Limits) = |limits| limits.change(|rules| rules.table = provisioned(40.0));
        let tally = imported(rules, Rows::in_turn(1, 300), "", (160, halve)).await;
        let (from, to) = tally.all_active(DATA, &pks);
        let halved = (from..to).find(|at| tally.of(DATA, &pks[0], from, *at).units >= 160.0 * UNITS).unwrap();
        let figures = tally.figures(DATA, &pks, 40.0, (halved + 20, to));
        ((0.85..1.2).contains(&figures.share) && figures.refused < 0.1, format!("{figures:?}"))
    })
    .await;
}

/// A refusal as the SDK reads it: its exception, and its reason.
async fn refusal(client: &aws_sdk_dynamodb::Client) -> Option<(&'static str, String)> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name(DATA).item("pk", text("PRODUCT#a")).item("sk", text("P-1"));
    let error = put.send().await.err().map(SdkError::into_service_error)?;
    let (exception, reasons) = match error {
        PutItemError::ThrottlingException(ThrottlingException { throttling_reasons, .. }) => {
            ("throttling", throttling_reasons)
        }
        PutItemError::ProvisionedThroughputExceededException(ProvisionedThroughputExceededException {
            throttling_reasons,
            ..
        }) => ("provisioned", throttling_reasons),
        PutItemError::RequestLimitExceeded(RequestLimitExceeded { throttling_reasons, .. }) => {
            ("account", throttling_reasons)
        }
        other => panic!("{other:?}"),
    };
    Some((exception, reasons.unwrap()[0].reason().unwrap().to_owned()))
}

#[tokio::test]
async fn the_stand_in_refuses_in_the_words_of_the_service() {
    let stack = Stack::new().await;
    let limits = before(&stack, Rules::default()).await;
    let config = stack.ddb.config().to_builder().endpoint_url(&limits.endpoint);
    let client = aws_sdk_dynamodb::Client::from_conf(config.retry_config(RetryConfig::disabled()).build());
    let on_demand = |most| TableRule::OnDemand { first: 0.0, doubles_after: 1.0, most };
    let cases = [
        (Rules::writing(0.0), Some(("throttling", "TableWriteKeyRangeThroughputExceeded"))),
        (
            Rules { table: provisioned(0.0), ..Rules::default() },
            Some(("provisioned", "TableWriteProvisionedThroughputExceeded")),
        ),
        (
            Rules { table: provisioned(1_000.0), ..Rules::writing(0.0) },
            Some(("provisioned", "TableWriteKeyRangeThroughputExceeded")),
        ),
        (
            Rules { table: on_demand(9.0), ..Rules::default() },
            Some(("throttling", "TableWriteKeyRangeThroughputExceeded")),
        ),
        (
            Rules { table: on_demand(0.0), ..Rules::default() },
            Some(("throttling", "TableWriteMaxOnDemandThroughputExceeded")),
        ),
        (Rules { account: Some(0.0), ..Rules::default() }, Some(("account", "TableWriteAccountLimitExceeded"))),
        (Rules { is_adaptive: true, table: provisioned(1_000.0), ..Rules::writing(0.0) }, None),
        (Rules::default(), None),
    ];
    for (rules, wanted) in cases {
        limits.change(|known| *known = rules);
        // An empty bucket needs a moment for its first units.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let seen = refusal(&client).await;
        assert_eq!(seen.as_ref().map(|(exception, reason)| (*exception, reason.as_str())), wanted, "{rules:?}");
    }
    limits.change(|rules| *rules = Rules::writing(0.0));
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = Put::builder().table_name(DATA).item("pk", text("PRODUCT#a")).item("sk", text("P-1")).build().unwrap();
    let one = TransactWriteItem::builder().put(put).build();
    let error = client.transact_write_items().transact_items(one).send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(error) =
        error
    else {
        panic!("{error:?}")
    };
    assert_eq!(error.cancellation_reasons()[0].code(), Some("ThrottlingError"));
}
