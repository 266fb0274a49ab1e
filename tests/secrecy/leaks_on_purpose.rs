//! Reads a secret from standard input and leaves it behind in the way that its argument names, so that the search for
//! secrets can be shown to find them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a program for one test")]
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, Read, stdin};
use std::os::fd::AsFd;
use std::sync::Mutex;
use watchdog_core::secret::swept;
use zeroize::{Zeroize, Zeroizing};

static GLOBAL: Mutex<[u8; 32]> = Mutex::new([0; 32]);

fn main() {
    let how = std::env::args().nth(1).unwrap_or_default();
    match how.as_str() {
        "freed" => drop(read().to_vec()),
        "buffered" => {
            stdin().lock().read_line(&mut Zeroizing::new(String::with_capacity(1024))).unwrap();
        }
        "global" => {
            let secret = read();
            let key = secret.rsplit(|byte| *byte == b' ').next().unwrap();
            hex::decode_to_slice(key, GLOBAL.lock().unwrap().as_mut_slice()).unwrap();
        }
        "stack" => {
            let mut left = [0; 256];
            {
                let secret = read();
                left[..secret.len()].copy_from_slice(&secret);
            }
            end(&left);
        }
        "beneath" => leave_beneath(),
        "swept" => swept(leave_beneath),
        "wiped" => drop(read()),
        other => panic!("there is no way to leave a secret behind that is called `{other}`"),
    }
    end(&[]);
}

/// Leaves the secret on the stack, so far below the caller that nothing done later reaches it.
fn leave_beneath() {
    descend(16);
}

#[inline(never)]
fn descend(steps: usize) {
    let mut left = [0; 1024];
    if steps == 0 {
        let secret = read();
        left[..secret.len()].copy_from_slice(&secret);
    } else {
        descend(steps - 1);
    }
    black_box(&left);
}

/// The secret, past every buffer, wiped on drop.
fn read() -> Zeroizing<Vec<u8>> {
    let mut input = File::from(stdin().as_fd().try_clone_to_owned().unwrap());
    let mut secret = Zeroizing::new(vec![0; 1024]);
    let length = input.read(&mut secret).unwrap();
    secret[length..].zeroize();
    secret.truncate(length);
    secret
}

/// Exits while the caller's variables are still there.
#[allow(clippy::exit, reason = "nothing is cleaned up on purpose")]
fn end(left: &[u8]) -> ! {
    println!("read");
    black_box(left);
    std::process::exit(0)
}
