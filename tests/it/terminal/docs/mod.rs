//! The pages that tell people what to do, done by the letter.

mod blocks;
mod pictures;
mod shown;
mod svg;
mod tour;

use blocks::{Step, steps};
use tour::Tour;

fn done_by_the_letter(file: &str) {
    let steps = steps(file);
    let commands = steps.iter().filter(|step| matches!(step, Step::Run(_))).count();
    assert!(commands > 4, "{file} has {commands} commands");
    let mut tour = Tour::new(&steps).with("LANG", pictures::language(file));
    for step in &steps {
        tour.step(step, |_, _| {});
    }
    tour.end();
}

#[test]
fn the_readme_works_as_written() {
    done_by_the_letter("README.md");
}

#[test]
fn the_tutorial_works_as_written() {
    done_by_the_letter("docs/tutorial.md");
}

#[test]
fn the_japanese_tutorial_works_as_written() {
    done_by_the_letter("docs/ja/tutorial.md");
}

#[test]
fn the_tasks_work_as_written() {
    done_by_the_letter("docs/tasks.md");
}

#[test]
fn the_recipe_works_as_written() {
    done_by_the_letter("docs/recipe-lower-case.md");
}
