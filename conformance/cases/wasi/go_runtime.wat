;;! title = "What the runtimes of Go and TinyGo and the C library do when they start"
;;! spec = "7. WASI and other non-proxy imports"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/poll_oneoff_and_prestat", "sdk/calls_while_starting"]
;;! dialogue = []
(module {{prelude}}
  ;; What must not fail ends the start.
  (func $must (param $errno i32) (if (local.get $errno) (then (unreachable))))
  (func {{export _initialize}}
    (call $must {{result poll_oneoff 0x300 0x300 1 0x340}})
    (if (i32.load (i32.const 0x340)) (then (unreachable)))
    (call $must {{result random_get 0x300 16}})
    (call $must {{result clock_time_get 0 1000}})
    (call $must {{result clock_time_get 1 1000}})
    (call $must {{result args_sizes_get}})
    (call $must {{result args_get}})
    (call $must {{result environ_sizes_get}})
    (call $must {{result environ_get}})
    (call $must {{result fd_fdstat_get 1 0x300}})
    (call $must {{result fd_write 2 ["go"]}})
    ;; The scan for directories that were opened for the program ends with EBADF, or else never.
    (if (i32.ne {{result fd_prestat_get 3 0x300}} {{BADF}}) (then (unreachable)))
    (call $must {{result sched_yield}})))
