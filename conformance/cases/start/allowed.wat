;;! title = "What may be called while the module starts"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/calls_while_starting"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _initialize}}
    {{proxy_log INFO "log"}}
    {{fd_write 1 ["write"]}}
    {{environ_sizes_get}}
    {{environ_get 0x100 0x200}}
    {{args_sizes_get}}
    {{args_get 0x100 0x200}}
    {{clock_time_get 0 0}}
    {{clock_res_get 0}}
    {{random_get 0x100 4}}
    {{poll_oneoff 0x100 0x200 1}}
    {{fd_fdstat_get 1 0x100}}
    {{fd_prestat_get 3 0x100}}
    {{sched_yield}}
    {{emscripten_notify_memory_growth 0}}))
