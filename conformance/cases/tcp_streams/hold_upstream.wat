;;! title = "Bytes that are held are seen again with those that follow, and go on together"
;;! spec = "proxy_on_upstream_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { upstream_data = { data = "aaaa" } },
;;!   { upstream_data = { data = "bbbb" } },
;;!   { upstream_data = { data = "cccc" } },
;;!   { upstream_data = { data = "dddd", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_upstream_data}}
    {{proxy_get_buffer_bytes UPSTREAM_DATA 0 100}}
    {{proxy_get_buffer_status UPSTREAM_DATA}}
    (i32.lt_u (local.get $data_size) (i32.const 8))))
