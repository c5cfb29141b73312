;;! title = "Bytes that are held are seen again with those that follow, and go on together"
;;! spec = "proxy_on_downstream_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "aaaa" } },
;;!   { downstream_data = { data = "bbbb" } },
;;!   { downstream_data = { data = "cccc" } },
;;!   { downstream_data = { data = "dddd", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}}
    {{proxy_get_buffer_bytes DOWNSTREAM_DATA 0 100}}
    {{proxy_get_buffer_status DOWNSTREAM_DATA}}
    (i32.lt_u (local.get $data_size) (i32.const 8))))
