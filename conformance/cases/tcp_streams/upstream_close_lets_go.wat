;;! title = "What is held when the upstream's end is told can be let go of there"
;;! spec = "proxy_on_upstream_connection_close"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { upstream_data = { data = "held" } },
;;!   { upstream_data = { data = "", end = true } },
;;!   { downstream_data = { data = "", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_upstream_data}} {{PAUSE}})
  (func {{export proxy_on_upstream_connection_close}}
    {{proxy_get_buffer_bytes UPSTREAM_DATA 0 100}}
    {{proxy_continue_stream UPSTREAM}}))
