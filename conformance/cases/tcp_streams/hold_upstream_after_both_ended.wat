;;! title = "Bytes that are held keep a connection that both peers have ended, until they are let go of"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "", end = true } },
;;!   { upstream_data = { data = "few", end = true } },
;;!   { advance = 10 },
;;!   { wake = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    {{proxy_set_effective_context 2}}
    {{proxy_continue_stream UPSTREAM}}
    {{proxy_set_tick_period_milliseconds 0}})
  (func {{export proxy_on_upstream_data}} {{PAUSE}})
  (func {{export proxy_on_downstream_connection_close}} (nop)))
