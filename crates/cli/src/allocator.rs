//! Memory that is given back is wiped first.
//!
//! Types that wipe themselves cannot do it for the copies that a move leaves in the padding of something else, nor for
//! what a dependency puts on the heap.
use std::alloc::System;
use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);
