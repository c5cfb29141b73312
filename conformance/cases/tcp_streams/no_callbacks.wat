;;! title = "A plugin without callbacks for TCP is passed by"
;;! spec = "TCP stream callbacks"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;!   { upstream_data = { data = "pong", end = true } },
;;!   { downstream_data = { data = "", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}} {{PAUSE}}))
