"""The twins of the models that make, compare or find images, and of the small CNNs."""

import torch
from torch import nn
from torch.nn import functional as F

from models_twins import DIFFERENCES, twin
from models_twins_vision import multiples_of


def double_conv(i, o):
    layers = []
    for a, b in [(i, o), (o, o)]:
        layers += [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self, width=16, classes=4):
        super().__init__()
        self.inside, self.down = double_conv(3, width), double_conv(width, 2 * width)
        self.up, self.head = double_conv(3 * width, width), nn.Conv2d(width, classes, 1)


class EvenUNet(UNet):
    def forward(self, image):
        wide = self.inside(image)
        deep = self.down(F.max_pool2d(wide, 2))
        h, w = image.shape[2:]
        if h % 2 == 0 and w % 2 == 0:
            rows, columns = deep.shape[2:]
            back = torch.ops.aten.upsample_nearest2d(deep, [2 * rows, 2 * columns], 2.0, 2.0)
        else:
            back = torch.ops.aten.upsample_nearest2d(deep, [h, w])
        return self.head(self.up(torch.cat([wide, back], 1)))


@twin("unet_even", shapes=lambda: multiples_of(2))
def unet_even():
    return EvenUNet().eval()


class FreeUNet(UNet):
    def forward(self, image):
        h, w = image.shape[2:]
        image = torch.constant_pad_nd(image, [0, (4 - w % 4) % 4, 0, (4 - h % 4) % 4])
        wide = self.inside(image)
        deep = self.down(F.max_pool2d(wide, 2))
        back = torch.ops.aten.upsample_bilinear2d(deep, wide.shape[2:], False)
        out = self.head(self.up(torch.cat([wide, back], 1)))
        return out.narrow(2, 0, h).narrow(3, 0, w)


@twin("unet_free")
def unet_free():
    return FreeUNet().eval()


class Vae(nn.Module):
    def __init__(self, width=16, latent=8):
        super().__init__()
        self.latent = latent
        self.down1, self.down2 = nn.Conv2d(3, width, 3, 2, 1), nn.Conv2d(width, 2 * width, 3, 2, 1)
        self.mean, self.log_variance = nn.Conv2d(2 * width, latent, 1), nn.Conv2d(2 * width, latent, 1)
        self.inside, self.up = nn.Conv2d(latent, width, 3, padding=1), nn.ConvTranspose2d(width, width, 4, 2, 1)
        self.out = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, image, eps):
        features = torch.relu(self.down2(torch.relu(self.down1(image))))
        b, _, rows, columns = features.shape
        mean, log_variance = (f(features).view(b, self.latent, rows * columns) for f in (self.mean, self.log_variance))
        z = mean + eps * (log_variance * 0.5).exp()
        h, w = image.shape[2:]
        z = z.view(-1, self.latent, (h + 3) // 4, (w + 3) // 4)
        z = torch.relu(self.up(torch.relu(self.inside(z))))
        z = self.out(torch.ops.aten.upsample_nearest2d(z, [h, w]))
        return torch.sigmoid(z), mean, log_variance


@twin("vae")
def vae():
    return Vae().eval()


@twin("gan_generator")
def gan_generator():
    up = dict(kernel_size=4, bias=False)
    return nn.Sequential(
        nn.ConvTranspose2d(8, 64, **up), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 32, **up, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 3, **up, stride=2, padding=1), nn.Tanh(),
    ).eval()  # fmt: skip


class Leaky(nn.Module):
    """tch's example writes `leaky_relu` so."""

    def __init__(self, slope):
        super().__init__()
        self.slope = slope

    def forward(self, xs):
        return torch.maximum(xs, xs * self.slope)


@twin("gan_discriminator")
def gan_discriminator():
    down = dict(kernel_size=4, bias=False)
    return nn.Sequential(
        nn.Conv2d(3, 16, **down, stride=2, padding=1), Leaky(0.2),
        nn.Conv2d(16, 32, **down, stride=2, padding=1), nn.BatchNorm2d(32), Leaky(0.2),
        nn.Conv2d(32, 1, **down),
    ).eval()  # fmt: skip


class Cnn(nn.Module):
    def __init__(self, dropout=0.4, width=16):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, padding=1, stride=2, bias=False)
        self.norm, self.head = nn.BatchNorm2d(2 * width), nn.Linear(8 * width, 10)
        self.dropout = nn.Dropout(dropout) if dropout else None

    def forward(self, xs):
        xs = F.max_pool2d(torch.relu(self.conv1(xs)), 2)
        xs = F.adaptive_avg_pool2d(torch.relu(self.norm(self.conv2(xs))), (2, 2))
        xs = xs.view(xs.size(0), -1)
        return self.head(self.dropout(xs) if self.dropout else xs)


@twin("cnn_train")
def cnn_train():
    return Cnn(dropout=None).train()


@twin("cnn_dropout")
def cnn_dropout():
    return Cnn().train()


# `nn.BatchNorm2d` counts the batches, tch's batch norm does not.
DIFFERENCES["cnn_train"] = DIFFERENCES["cnn_dropout"] = {"aten.add.Tensor": "0 instead of 1"}


@twin("cnn_bf16")
def cnn_bf16():
    return Cnn().bfloat16().eval()


@twin("cnn_f64")
def cnn_f64():
    return Cnn().double().eval()


@twin("cnn_compiled")
def cnn_compiled():
    return Cnn().eval()


class Style(nn.Module):
    def __init__(self):
        super().__init__()
        self.network = nn.ModuleDict(
            {"0": nn.Conv2d(3, 16, 3, padding=1), "2": nn.Conv2d(16, 16, 3, padding=1), "5": nn.Conv2d(16, 32, 3, padding=1)}
        ).requires_grad_(False)  # fmt: skip
        self.grams = [torch.zeros(16, 16), torch.zeros(16, 16), torch.zeros(32, 32)]
        self.content = torch.zeros(1, 32)

    def layers(self, xs):
        first = self.network["0"](xs)
        second = self.network["2"](torch.relu(first))
        return first, second, self.network["5"](F.max_pool2d(torch.relu(second), 2))

    def gram(self, m):
        a, b, c, d = m.shape
        m = m.view(a * b, c * d)
        return m.matmul(m.t()) / (a * b * c * d)

    def forward(self, image):
        layers = self.layers(image)
        loss = F.mse_loss(layers[-1].mean((2, 3)), self.content)
        for layer, gram in zip(layers, self.grams):
            loss += F.mse_loss(self.gram(layer), gram) * 1e2
        return loss


@twin("style_transfer")
def style_transfer():
    return Style()


# `F.mse_loss` broadcasts its arguments before it calls the op, tch calls the op.
DIFFERENCES["style_transfer"] = {
    "<built-in function getitem>.": "0 instead of 8",
    "aten.broadcast_tensors.default": "0 instead of 4",
}


class YoloConv(nn.Module):
    def __init__(self, i, o, k, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(i, o, k, stride=stride, padding=(k - 1) // 2, bias=False)
        self.norm = nn.BatchNorm2d(o)

    def forward(self, xs):
        xs = self.norm(self.conv(xs))
        return torch.maximum(xs, xs * 0.1)


def detect(xs, image_height, classes, anchors):
    batch, _, height, _ = xs.shape
    stride = image_height // height
    grid, attributes, count = image_height // stride, 5 + classes, len(anchors)
    xs = xs.view(batch, attributes * count, grid * grid).transpose(1, 2).contiguous()
    xs = xs.view(batch, grid * grid * count, attributes)
    a = torch.arange(grid, dtype=torch.float32, device="cpu").repeat(grid, 1)
    offsets = torch.cat([a.view(-1, 1), a.t().contiguous().view(-1, 1)], 1).repeat(1, count).view(-1, 2).unsqueeze(0)
    anchors = torch.tensor([size / stride for pair in anchors for size in pair])
    anchors = anchors.view(-1, 2).repeat(grid * grid, 1).unsqueeze(0)
    for start, length, f in [
        (0, 2, lambda part: part.sigmoid() + offsets),
        (4, 1 + classes, torch.sigmoid),
        (2, 2, lambda part: part.exp() * anchors),
        (0, 4, lambda part: part * stride),
    ]:
        part = xs.narrow(2, start, length)
        part.copy_(f(part))
    return xs


class Yolo(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.classes, out = classes, 2 * (5 + classes)
        self.c0, self.c1 = YoloConv(3, 16, 3, 2), YoloConv(16, 32, 3, 2)
        self.c2, self.c3, self.c5 = YoloConv(32, 16, 1), YoloConv(16, 32, 3), YoloConv(32, 32, 3, 2)
        self.c6, self.c11 = nn.Conv2d(32, out, 1), nn.Conv2d(64, out, 3, padding=1)

    def forward(self, xs):
        first = self.c1(self.c0(xs))
        wide = self.c3(self.c2(first)) + first
        deep = self.c5(wide)
        large = detect(self.c6(deep), 64, self.classes, [(30, 61), (62, 45)])
        deep = torch.cat([deep], 1)
        rows, columns = deep.shape[2:]
        deep = torch.ops.aten.upsample_nearest2d(deep, [2 * rows, 2 * columns], 2.0, 2.0)
        small = detect(self.c11(torch.cat([deep, wide], 1)), 64, self.classes, [(10, 13), (16, 30)])
        return torch.cat([large, small], 1)


@twin("yolo")
def yolo():
    return Yolo().eval()


# Python records what `torch.tensor` does with a list, tch's `from_slice` copies the numbers before PyTorch sees them.
DIFFERENCES["yolo"] = {"aten.detach.default": "0 instead of 2", "aten.lift_fresh_copy.default": "0 instead of 2"}
