;; Counts requests in a metric, in a shared value and in a queue. Whoever takes from the queue counts too, and notes the
;; shared value of that moment in a gauge.
(module
  (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_increment_metric" (func $increment (param i32 i64) (result i32)))
  (import "env" "proxy_record_metric" (func $record (param i32 i64) (result i32)))
  (import "env" "proxy_get_shared_data" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_register_shared_queue" (func $register (param i32 i32 i32) (result i32)))
  (import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))
  (import "env" "proxy_dequeue_shared_queue" (func $dequeue (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 256) "sum")
  (data (i32.const 272) "queue")
  (data (i32.const 288) "requests")
  (data (i32.const 304) "consumed")
  (data (i32.const 320) "sum_seen")
  (data (i32.const 336) "retries")

  (func (export "proxy_abi_version_0_2_1"))
  ;; One block at a time is in use.
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))

  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $define (i32.const 0) (i32.const 288) (i32.const 8) (i32.const 0)))
    (drop (call $define (i32.const 0) (i32.const 304) (i32.const 8) (i32.const 0)))
    (drop (call $define (i32.const 0) (i32.const 336) (i32.const 7) (i32.const 0)))
    (drop (call $define (i32.const 1) (i32.const 320) (i32.const 8) (i32.const 0)))
    ;; Nothing is served before every worker has done this.
    (i32.store (i32.const 16) (i32.const 0))
    (drop (call $set (i32.const 256) (i32.const 3) (i32.const 16) (i32.const 4) (i32.const 0)))
    (i32.eqz (call $register (i32.const 272) (i32.const 5) (i32.const 32))))

  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $increment (i32.const 4) (i64.const 1)))
    (block $stored
      (loop $again
        (drop (call $get (i32.const 256) (i32.const 3) (i32.const 0) (i32.const 4) (i32.const 8)))
        (i32.store (i32.const 16) (i32.add (i32.load (i32.load (i32.const 0))) (i32.const 1)))
        (br_if $stored
          (i32.eqz (call $set (i32.const 256) (i32.const 3) (i32.const 16) (i32.const 4) (i32.load (i32.const 8)))))
        (drop (call $increment (i32.const 12) (i64.const 1)))
        (br $again)))
    (drop (call $enqueue (i32.load (i32.const 32)) (i32.const 16) (i32.const 4)))
    (i32.const 0))

  (func (export "proxy_on_queue_ready") (param $context i32) (param $queue i32)
    (if (i32.eqz (call $dequeue (local.get $queue) (i32.const 0) (i32.const 4)))
      (then (drop (call $increment (i32.const 8) (i64.const 1)))))
    (drop (call $get (i32.const 256) (i32.const 3) (i32.const 0) (i32.const 4) (i32.const 8)))
    (drop (call $record (i32.const 5) (i64.extend_i32_u (i32.load (i32.load (i32.const 0))))))))
