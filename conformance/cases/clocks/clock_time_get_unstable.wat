;;! title = "Clock 0 is wall time and 1 is monotonic; there are no others. The precision does not matter"
;;! spec = "clock_time_get"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{wasi_unstable.clock_time_get 0 0}}
    {{wasi_unstable.clock_time_get 1 -1}}
    {{wasi_unstable.clock_time_get 2 0}}
    {{wasi_unstable.clock_time_get -1 0}}
    {{wasi_unstable.clock_time_get 0 0 0xfff9}}
    {{wasi_unstable.clock_time_get 2 0 0xfff9}}
    (i32.const 1)))
