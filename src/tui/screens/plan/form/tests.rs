use super::*;
use crate::tui::parts::scroll::Step;

fn at(form: &mut Form, path: &str) -> Field {
    let found = form.fields.iter().position(|f| f.path() == path).unwrap();
    form.scroll.cursor = form.rows.iter().position(|r| *r == Row::Field(found)).unwrap();
    form.fields[found].clone()
}

fn set(form: &mut Form, path: &str, value: &str) {
    let field = at(form, path);
    form.set(&field, value);
}

#[test]
fn a_plan_from_nothing_becomes_one_that_can_be_run() {
    let mut form = Form::begun(Operation::Copy, &[("source.type", "PRODUCT"), ("source.tenant", "acme")]);
    assert_eq!(form.problem.as_ref().unwrap().key.as_deref(), Some("name"));
    set(&mut form, "name", "n");
    assert_eq!(form.problem.as_ref().unwrap().key.as_deref(), Some("target.tenant"));
    set(&mut form, "target.tenant", "acme");
    assert!(form.problem.as_ref().unwrap().message.contains("must differ"));
    set(&mut form, "target.tenant", "globex");
    assert!(form.problem.is_none() && form.is_dirty());
    assert_eq!(form.plan.as_ref().unwrap().work.target_tenant(), Some("globex"));
}

#[test]
fn another_operation_keeps_what_both_have_and_gives_the_rest_back() {
    let mut form = Form::begun(Operation::Copy, &[("source.tenant", "acme"), ("target.tenant", "globex")]);
    set(&mut form, "run.batch", "7");
    form.choose("undo");
    assert!(!form.text().contains("acme") && form.text().contains("batch = 7"), "{}", form.text());
    form.choose("move");
    assert_eq!(form.value_of("source.tenant").as_deref(), Some("acme"));
    assert_eq!((form.operation, form.value_of("run.batch").as_deref()), (Operation::Move, Some("7")));
    at(&mut form, "operation");
    assert!(form.turn(false));
    assert_eq!((form.operation, form.value_of("target.tenant").as_deref()), (Operation::Copy, Some("globex")));
}

#[test]
fn words_are_turned_from_the_default_on() {
    let mut form = Form::begun(Operation::Copy, &[]);
    let field = at(&mut form, "target.existing");
    form.turn(true);
    assert_eq!(form.value(&field).as_deref(), Some("overwrite"));
    form.turn(false);
    form.turn(false);
    assert_eq!(form.value(&field).as_deref(), Some("stop"));
    at(&mut form, "target.tenant");
    assert!(!form.turn(true));
}

#[test]
fn only_what_was_changed_by_hand_since_the_last_save_or_run_would_be_missed() {
    let mut form = Form::begun(Operation::Copy, &[("source.type", "PRODUCT"), ("source.tenant", "acme")]).named();
    assert!(!form.is_dirty() && form.is_unsaved());
    set(&mut form, "target.tenant", "globex");
    assert!(form.is_dirty());
    form.was_used();
    assert!(!form.is_dirty() && form.is_unsaved());
    set(&mut form, "run.batch", "7");
    assert!(form.is_dirty());
    form.was_saved("p.toml".into(), form.text().to_owned());
    assert!(!form.is_dirty() && !form.is_unsaved());
}

#[test]
fn steps_are_rows_and_another_operation_keeps_those_that_it_may_have() {
    let mut form = Form::begun(Operation::Transform, &[("source.tenant", "acme")]);
    for (steps, key, value) in
        [(Steps::Transforms, "remove", "[\"a\"]"), (Steps::References, "field", "\"f\""), (Steps::Chain, "from", "1")]
    {
        form.change(|draft| {
            let n = draft.step_add(steps)?;
            draft.step_write(steps.at(n), key, value)
        })
        .unwrap();
    }
    assert!(form.rows().contains(&Row::Step(Steps::Chain, 0)));
    assert_eq!(form.other_lines(), 0, "{}", form.text());
    form.choose("copy");
    assert!(form.text().contains("remove = [\"a\"]") && form.text().contains("field = \"f\""), "{}", form.text());
    assert!(!form.text().contains("chain") && !form.rows().contains(&Row::Add(Steps::Chain)));
}

#[test]
fn the_cursor_stands_on_keys_only() {
    let mut form = Form::begun(Operation::Copy, &[]);
    for step in [Step::First, Step::Lines(1), Step::Lines(4), Step::Pages(1), Step::Lines(-1), Step::Last] {
        form.step(step);
        assert!(!matches!(form.row(), None | Some(Row::Heading(_))), "{step:?}");
    }
    form.step(Step::First);
    let mut seen = 1;
    while form.scroll.cursor + 1 < form.rows.len() {
        form.step(Step::Lines(1));
        seen += 1;
    }
    assert_eq!(seen, form.rows.iter().filter(|row| !matches!(row, Row::Heading(_))).count());
}

#[test]
fn a_broken_text_is_kept_as_it_is() {
    let text = "name = \"n\"\noperation = \"copy\"\nbroken\n";
    let mut form = Form::new(Some("p.toml".into()), text.to_owned());
    assert_eq!((form.is_toml(), form.text(), form.is_dirty()), (false, text, false));
    assert_eq!(form.general_problem().unwrap().line, Some(3));
    set(&mut form, "source.tenant", "acme");
    assert_eq!(form.text(), text);
}
