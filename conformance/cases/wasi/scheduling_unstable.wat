;;! title = "Waiting returns at once with no events, under the older module name"
;;! spec = "Unimplemented WASI functions"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{wasi_unstable.poll_oneoff 0x100 0x100 1}}
    {{wasi_unstable.poll_oneoff 0x100 0x100 1 0xffff}}
    {{wasi_unstable.sched_yield}}
    (i32.const 1)))
