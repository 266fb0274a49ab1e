//! Recipes of the repository: `cargo xtask <name>`. Needs a Rust toolchain and a C compiler; every other tool is
//! optional, and one that is absent is named.
#![allow(clippy::print_stdout, reason = "a recipe talks to the person who runs it")]
#![allow(clippy::disallowed_methods, reason = "a recipe runs on the machine: its clock, files and environment")]
mod call;
mod demo;
mod failure;
mod http;
mod model;
mod peer;
mod recipe;
mod repository;
mod summary;

use failure::Failure;
use recipe::RECIPES;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next();
    let rest: Vec<String> = arguments.collect();
    match name.as_deref() {
        None | Some("--help" | "-h" | "help") => {
            print!("{}", recipe::overview());
            ExitCode::SUCCESS
        }
        Some(name) => match RECIPES.iter().find(|recipe| recipe.name == name) {
            None => {
                eprint!("error: there is no recipe `{name}`\n\n{}", recipe::overview());
                ExitCode::from(Failure::USAGE)
            }
            Some(recipe) if rest.first().is_some_and(|flag| flag == "--help" || flag == "-h") => {
                println!("{}\n\nUsage: cargo xtask {} {}", recipe.about, recipe.name, recipe.usage);
                ExitCode::SUCCESS
            }
            Some(recipe) => ended((recipe.run)(&rest)),
        },
    }
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::from(failure.code())
        }
    }
}
