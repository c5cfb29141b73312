;;! title = "Waiting returns at once with no events"
;;! spec = "Unimplemented WASI functions"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/poll_oneoff_and_prestat"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{poll_oneoff 0x100 0x100 1}}
    {{poll_oneoff 0x100 0x100 1 0xffff}}
    {{sched_yield}}
    (i32.const 1)))
